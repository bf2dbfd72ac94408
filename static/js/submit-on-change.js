// A choice takes effect at once; its button is for browsers without JavaScript.

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.classList.add("submits-itself");
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    // An empty choice says nothing: it stays out of the address.
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
// Coming back through the browser's history finds the form usable again, and with what this page shows, not what was
// chosen when it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    for (const field of form.elements) field.disabled = false;
    form.reset();
  }
});
