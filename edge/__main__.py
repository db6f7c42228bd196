"""`python -m edge` is `specimen-edge`."""

from edge.cli.main import main

if __name__ == "__main__":
    main()
