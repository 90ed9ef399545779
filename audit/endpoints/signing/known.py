"""Keys whose private half is public: anybody can sign with them.

Source: SHA-256 of the DER of each ``target/product/security/*.x509.pem`` of AOSP's ``platform/build``, where
the private keys lie beside them. networkstack, sdk_sandbox, bluetooth and nfc were computed from those files;
testkey, platform, shared and media are as robotnix publishes them to tell builds without own keys (testkey
also as in appium-adb).
"""

from __future__ import annotations

from types import MappingProxyType

WELL_KNOWN = MappingProxyType(
    {
        "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc": "AOSP testkey",
        "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8": "AOSP platform",
        "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd": "AOSP shared",
        "465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e": "AOSP media",
        "e1dbadce60dc080d15b58a014b0dcf9400e24de23fa00b287a5a982bfebda2ee": "AOSP networkstack",
        "abf21f9e2af1d881cc673fddcefa6ed9c269a437bd64b279cf45844cfd589126": "AOSP sdk_sandbox",
        "a6ccc500ff0e7421200eb66a7fe174ef1b00e52ca91727070cbedf061ff76c35": "AOSP bluetooth",
        "fae9122a8721d6e2a196d2224dffcf773c9127e2bb956cbddb40b009192ffdfd": "AOSP nfc",
    }
)
