"""Tokens: the app's bearer token, and OAuth 1.0a by which users let the app act for them (in three legs, or by PIN).

Source: X, “Authentication” (reference of OAuth 1.0a and OAuth 2.0), “GET account/verify_credentials”.
"""

from urllib.parse import quote, urlencode

from . import endpoints, errors, signing
from .answers import Answer
from .asking import Asking, read
from .credentials import UserToken, fingerprint
from .results import Profile, RequestToken, SignedIn, VerifiedToken
from .transport import Call

OUT_OF_BAND = "oob"


class Tokens(Asking):
    """What every generation of X's API has in common."""

    def fetch_bearer_token(self) -> str:
        """The app's bearer token. The other calls fetch it by themselves; this is for testing the consumer keys."""
        return self.transport.fetch_bearer_token()

    def begin_sign_in(self, callback: str = OUT_OF_BAND) -> RequestToken:
        """The first of three legs.

        Args:
            callback: Where X sends the browser back to; `oob`: X shows a PIN instead.

        Raises:
            CallbackRefused: The app does not name this callback at X.
            DesktopApp: Only `oob` will do.
        """
        endpoint = endpoints.REQUEST_TOKEN
        self.transport.require_consumer_keys(endpoint)
        answer = self.transport.send(
            Call(
                endpoint=endpoint,
                auth=signing.for_nobody_yet(self.app, callback),
                subject=fingerprint(self.app.consumer_key),
                path=endpoint.path,
                secrets=self.app.secrets(),
            )
        )
        return read(endpoint, answer, RequestToken.read, body=Answer.form)

    def sign_in_url(self, begun: RequestToken, *, force_login: bool = False, screen_name: str = "") -> str:
        """Where the browser goes: the second leg.

        X sends it back to the callback with `oauth_token` and `oauth_verifier`, or with `denied=<oauth_token>` when the
        person refused.

        Args:
            begun: The sign-in.
            force_login: Have X ask for the password even of somebody who is signed in there.
            screen_name: Whom X should expect.
        """
        query = {"oauth_token": begun.token}
        if force_login:
            query["force_login"] = "true"
        if screen_name:
            query["screen_name"] = screen_name
        return f"{self.transport.base_url}{endpoints.AUTHORIZE_PATH}?{urlencode(query, quote_via=quote, safe='')}"

    def finish_sign_in(self, begun: RequestToken, verifier: str) -> SignedIn:
        """The last of three legs.

        Args:
            begun: The sign-in, from where it was kept.
            verifier: `oauth_verifier` of the callback, or the PIN.

        Raises:
            SignInFailed: Wrong or used verifier, or it took too long: begin again.
        """
        endpoint = endpoints.ACCESS_TOKEN
        token = UserToken(begun.token, begun.secret)
        return read(endpoint, self.as_user(endpoint, token, verifier=verifier), SignedIn.read, body=Answer.form)

    def end_token(self, user: UserToken) -> None:
        """Have X forget a token, and with it the user's subscriptions to the app's webhooks.

        Raises:
            TokenRevoked: It was ended before.
        """
        try:
            self.as_user(endpoints.INVALIDATE_TOKEN, user)
        except errors.TokenRevoked as error:
            if not error.follows_unsure:
                raise

    def verify_token(self, user: UserToken | None = None) -> VerifiedToken:
        """Whose token it is and what it may do; without one, that of the app's owner.

        Raises:
            TokenRevoked: It is of no use any more.
        """
        endpoint = endpoints.VERIFY_CREDENTIALS
        answer = self.as_user(endpoint, user or self.owner(endpoint))
        return VerifiedToken(read(endpoint, answer, Profile.read), answer.headers.get("x-access-level", ""))
