"""The touch screen of the receiving desk: a function of the desk's state."""
