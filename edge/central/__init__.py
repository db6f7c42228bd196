"""The platform's side of the contract."""
