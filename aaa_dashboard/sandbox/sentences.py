"""What people write, by voice and language.

As X sends it: `&`, `<` and `>` are escaped. No sentence names an account or holds a link: those are entities with
positions, and belong to the payload around it.
"""

SENTENCES: dict[tuple[str, str], tuple[str, ...]] = {
    # A customer asks in public.
    ("ask", "en"): (
        "my order never arrived, and the tracking page says “delivered”. Can somebody look?",
        "is the help line closed today? I have been waiting for forty minutes.",
        "the app signs me out every morning. Is this a known problem?",
        "how long does a refund take? It has been two weeks &amp; counting.",
        "do you ship to Iceland? The form does not know my postal code.",
        "wrong colour again. I like surprises, but not three times in a row 😅",
        "can I change the delivery address after I have paid?",
        "your courier left the parcel in the rain. The box is soup now 📦🌧️",
        "is the sale price valid in the shops as well?",
        "the voucher code is refused, and it does not say why.",
        "does the warranty cover the battery? The manual says yes, the page says no.",
        "where do I find the invoice for last month?",
        "two e-mails, no answer. What is the best way to reach a human being?",
        "I was charged twice for one order. Please send one of them back 🙏",
        "can I bring a bicycle on the Friday evening crossing?",
        "the spare part you sent is &lt; 5 cm, I need the one that is &gt; 7 cm.",
        "your page is down for me. Is it only me?",
        "when does the blue one come back in stock?",
    ),
    ("ask", "fr"): (
        "mon colis est bloqué depuis lundi, pouvez-vous m'aider ?",
        "le code de réduction ne marche pas, c'est normal ?",
        "ligne occupée depuis une heure… quelqu'un pour me répondre ?",
        "merci ! Tout est arrivé ce matin, bravo à l'équipe 👏",
    ),
    ("ask", "de"): (
        "wann ist die Hotline wieder erreichbar? Es geht um eine Rückgabe.",
        "das Paket ist laut Sendungsverfolgung zugestellt, hier ist aber nichts.",
        "Danke, hat geklappt! Es liegt jetzt beim Nachbarn.",
        "kann ich die Größe noch ändern? Bestellt habe ich vor zehn Minuten.",
    ),
    ("ask", "es"): (
        "mi pedido lleva cinco días sin moverse. ¿Lo podéis mirar?",
        "¿se puede cambiar la fecha del billete sin coste?",
        "ya estamos a bordo, ¡qué vistas desde la cubierta!",
    ),
    ("ask", "ja"): (
        "予約サイトが開きません😢 明日の切符を変更したいのですが、どうすればいいですか？",
        "荷物がまだ届きません。追跡番号を確認していただけますか？",
        "夜行列車の個室はペットと一緒に泊まれますか？🐈",
    ),
    ("ask", "ar"): (
        "هل يمكنني إحضار دراجتي على متن العبّارة يوم الجمعة؟ 🚲",
        "لم يصل الطلب بعد، هل من أخبار؟",
    ),
    ("ask", "uk"): (
        "знову жодної відповіді. Скільки ще чекати на повернення грошей?",
        "чи можна забрати замовлення в магазині у суботу?",
    ),
    # A customer is happy in public.
    ("praise", "en"): (
        "Best breakfast I ever had on a ferry. Thank you!",
        "Two days early, wrapped in paper instead of plastic. This is how it should be.",
        "Somebody answered at eleven at night and solved it in two minutes 👏",
        "My grandmother fixed hers with your spare parts &amp; has not stopped talking about it.",
    ),
    # A brand writes to everybody.
    ("announce", "en"): (
        "We are back: deliveries to the north resume on Monday. Thank you for your patience.",
        "Parcels now leave our house until eight in the evening.",
        "Our new shop in the old harbour opens on Saturday at ten.",
        "The winter timetable is out, with two more night trains a week.",
        "Every crew that kept things running through the storm: thank you.",
        "Repair beats replace: spare parts for every lamp since 1998 are now online.",
        "Payment by invoice works again. Sorry for the bumpy morning!",
        "Our help desk is open on Sundays until Christmas 🎄",
        "Returned items go to a second life: 9 of 10 are sold again, tested &amp; cleaned.",
        "Maintenance tonight from two to three: the app will rest, and so should you.",
    ),
    # A brand answers in public.
    ("answer", "en"): (
        "We are sorry about that. Could you send us the order number in a direct message?",
        "Thank you for telling us! This is fixed now, could you try once more?",
        "Yes, until an hour before departure, and it costs nothing.",
        "That should not happen. We have asked the carrier &amp; will be back before six.",
        "The refund left us on Tuesday; banks need up to three days to show it.",
        "It is not only you. We are on it, and will write here when it works again.",
    ),
    # A customer writes a direct message.
    ("message", "en"): (
        "Hello, my order number is 40 221. The parcel should have come on Tuesday &amp; it did not.",
        "Thank you, that was quick!",
        "Could you change the delivery address to my office, please?",
        "I was charged twice, see the two lines on my statement from the 12th.",
        "Is there any news on my refund?",
        "The lamp works, but the switch is on the wrong side of the cable.",
        "Good morning! Can I still cancel the booking for Friday?",
        "I would like to return two of the three chairs.",
        "My name is spelled wrongly on the ticket. Is that a problem?",
        "Sorry, I meant order 40 212, not 40 221 🙈",
    ),
    # A brand answers in a direct message.
    ("message_answer", "en"): (
        "Thank you. I have asked the carrier and will write again before six.",
        "I have sent you a new label by e-mail. The old one can be thrown away.",
        "Done! You will see the money within three days.",
        "Could you send me a picture of the type plate? It is under the base.",
        "Your new seat is 12A, by the window. Have a good journey!",
        "I am sorry, the last one was sold an hour ago. Shall I tell you when it is back?",
    ),
}
