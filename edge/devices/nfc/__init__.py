"""NFC readers: nfcpy, unmodified, behind one door that outlives what the driver does not."""
