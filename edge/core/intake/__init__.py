"""The delivery state machine of the receiving desk (step 6; DOMAIN d2)."""
