"""Writers of the formats that tests read: small, with every way of getting it wrong."""
