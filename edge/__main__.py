"""`python -m edge` is `specimen-edge`."""

from edge.cli.app import main

if __name__ == "__main__":
    main()
