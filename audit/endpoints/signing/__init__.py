"""Who signed an APK: the certificates it states, by scheme.

No signature is verified here: a unit does that when it takes a package, verified boot does it for an image.
A certificate tells who signed only as long as its key is secret, which is why the keys everybody has are
named (`known`).
"""

from audit.endpoints.signing.signers import Signing, ask_signers, signers_of_tail

__all__ = ["Signing", "ask_signers", "signers_of_tail"]
