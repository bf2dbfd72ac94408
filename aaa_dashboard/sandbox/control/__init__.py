"""The JSON API for tests. `views` say what can be asked, `described` what is answered."""
