"""Reading QR codes from pictures."""
