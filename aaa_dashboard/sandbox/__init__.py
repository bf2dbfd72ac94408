"""A stand-in for X: the sender's side of the Account Activity API, on this machine.

Stages, in the order in which a delivery passes them:

1. `people` and `sentences` say who there is and what they write; `payloads/` holds one body of every kind that X sends.
2. `anatomy` and `words` take a payload apart once; `mint` makes fresh deliveries of it: new ids, times, people, words.
3. `signing` signs it, `deliver` posts it and repeats it on X's timetable, `log` remembers every attempt.
4. `registration` keeps the webhook: it asks the challenge and says what the answer was worth.
5. `traffic` keeps a believable `mix` flowing; `send` sends a chosen number of one and measures the answers.

`python -m aaa_dashboard.sandbox` runs all of it in one process with a page that shows it (`world`, `service`, `views`);
`… send` runs `send` by itself. It shares no code with the rest of the package: what it proves about the receiver it
proves as X would.
"""
