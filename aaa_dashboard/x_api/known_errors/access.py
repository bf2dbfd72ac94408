"""Rows about who asks: keys, tokens, permissions, contracts, and the sign-in of users."""

from .. import endpoints as at
from .. import errors
from .row import KnownError

_BY_BEARER = frozenset(endpoint for endpoint in at.ALL if endpoint.asker is at.Asker.APP)
_KEYS = "Check that consumer key and secret are those of one app, and that this app is on the enterprise allowlist."
_MANAGER = "Ask your account manager at X, with the app’s id."
_PERMISSION = (
    "In X’s developer portal, set the app’s permission to “Read, Write and Direct Messages”, generate its tokens anew "
    "and enter the new ones: tokens keep the rights they were made with."
)

ROWS: tuple[KnownError, ...] = (
    # --- Keys, tokens, permissions
    KnownError(
        "wrong-consumer-keys",
        99,
        403,
        "Unable to verify your credentials.",
        "X does not know this pair of consumer key and consumer secret.",
        "Copy both again from X’s developer portal; they belong together and change together.",
        errors.CredentialsRejected,
        endpoints=frozenset({at.FETCH_BEARER_TOKEN}),
    ),
    KnownError(
        "wrong-verifier",
        32,
        401,
        "Could not authenticate you.",
        "The PIN, or the verifier that X sent back, is wrong or was used already.",
        "Begin the sign-in again. If it goes wrong each time, test the app’s keys.",
        errors.SignInFailed,
        endpoints=frozenset({at.ACCESS_TOKEN}),
    ),
    KnownError(
        "could-not-authenticate",
        32,
        401,
        "Could not authenticate you.",
        "Keys or token are wrong or of another app, or X wants the other kind of authentication here.",
        f"{_KEYS} Then check the app’s permission level and generate its tokens anew.",
        errors.CredentialsRejected,
    ),
    KnownError(
        "not-permitted-method",
        61,
        401,
        "Client is not permitted to request this method.",
        "The app’s contract does not include this.",
        _MANAGER,
        errors.NotEntitled,
    ),
    KnownError(
        "bearer-token-expired",
        89,
        403,
        "Invalid or expired token.",
        "The app’s bearer token is not valid, and neither is the one that was fetched just now.",
        "Check the app’s keys, then try again.",
        errors.BearerTokenRejected,
        endpoints=_BY_BEARER,
    ),
    KnownError(
        "sign-in-expired",
        89,
        403,
        "Invalid or expired token.",
        "This sign-in took too long, or was finished already.",
        "Begin the sign-in again.",
        errors.SignInFailed,
        endpoints=frozenset({at.ACCESS_TOKEN}),
    ),
    KnownError(
        "token-revoked",
        89,
        403,
        "Invalid or expired token.",
        "The token is no longer valid: its owner revoked the app, or it was generated anew.",
        "Ask the owner to sign in again. If it is the app’s own token, copy the new one from X’s developer portal.",
        errors.TokenRevoked,
    ),
    KnownError(
        "bearer-token-rejected",
        99,
        403,
        "Unable to verify your credentials.",
        "The app’s bearer token has no access, and neither has the one that was fetched just now.",
        _KEYS,
        errors.BearerTokenRejected,
        endpoints=_BY_BEARER,
    ),
    KnownError(
        "clock",
        135,
        401,
        "Timestamp out of bounds.",
        "The clock of this machine and X’s differ by more than five minutes.",
        "Set the system clock and keep it set by NTP.",
        errors.ClockWrong,
    ),
    KnownError(
        "no-credentials",
        215,
        400,
        "Bad Authentication data.",
        "X found no credentials in the request; a proxy on the way may remove the Authorization header.",
        "Check that keys and tokens are set, and what stands between here and X.",
        errors.CredentialsRejected,
    ),
    KnownError(
        "permission-too-low",
        261,
        403,
        "Application cannot perform write actions.",
        "The app, or the token that was used, may not write.",
        _PERMISSION,
        errors.PermissionTooLow,
    ),
    KnownError(
        "suspended",
        416,
        401,
        "Invalid / suspended application.",
        "X has suspended the app, or does not know it.",
        "Look at the app in X’s developer portal, and settle it with X’s platform support.",
        errors.AppSuspended,
    ),
    # --- Entitlement
    KnownError(
        "no-replay",
        200,
        403,
        "Account Activity API enterprise account with replay is required.",
        "The app is not enabled for replays.",
        f"{_MANAGER} Replay has to be enabled separately.",
        errors.NotEntitled,
        endpoints=frozenset({at.REPLAY}),
    ),
    KnownError(
        "not-enabled",
        200,
        403,
        "Forbidden.",
        "The app is not enabled for the Account Activity API, or the address of X’s API is wrong.",
        f"Check X_API_BASE_URL. If it is right: {_MANAGER[0].lower()}{_MANAGER[1:]}",
        errors.NotEntitled,
    ),
    # --- Sign-in
    KnownError(
        "callback-not-approved",
        415,
        403,
        "Callback URL not approved for this client application.",
        "X sends people back only to addresses that the app names.",
        "Add the callback URL to the app in X’s developer portal, letter by letter as it is shown here.",
        errors.CallbackRefused,
    ),
    KnownError(
        "desktop-app",
        417,
        401,
        "Desktop applications only support the oauth_callback value 'oob'.",
        "At X the app is a desktop app: people get a PIN instead of being sent back.",
        "Sign in by PIN, or change the type of the app in X’s developer portal.",
        errors.DesktopApp,
    ),
)
