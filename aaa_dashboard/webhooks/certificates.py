"""What is wrong with a TLS connection to ourselves, in words, and what mends it."""

import socket
import ssl

RENEW = "Renew it now, and have the proxy renew it by itself."
CHAIN = "Have the proxy serve the whole chain, up to an authority that everybody knows: X accepts no other."
# By OpenSSL's code of what is wrong (`X509_V_ERR_…`).
MENDS = {
    9: "Set the clocks of this machine and of the proxy: it is not valid yet.",
    10: RENEW,
    18: CHAIN,
    19: CHAIN,
    20: CHAIN,
    21: CHAIN,
    62: "Have the proxy serve a certificate for exactly this host.",
    64: "Have the proxy serve a certificate for exactly this host.",
}


def why_not_connected(error: OSError) -> str:
    """Why there is no connection, in place of OpenSSL's words and the system's numbers."""
    if isinstance(error, TimeoutError):
        return "nobody answered in time"
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(error, socket.gaierror):
        return "the name of the host is not known"
    if isinstance(error, ssl.SSLError | ConnectionError):
        return "what answers there does not speak TLS"
    return error.strerror or "the network does not let us through"
