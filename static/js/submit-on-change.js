// A choice takes effect at once; its button is for browsers without JavaScript.

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.classList.add("submits-itself");
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    // An empty choice says nothing: it stays out of the address.
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
// Coming back through the browser's history finds the form usable again.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-submit-on-change] :disabled")) field.disabled = false;
});
