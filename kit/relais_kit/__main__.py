"""`python -m relais_kit`."""

from relais_kit.app import app

if __name__ == "__main__":
    app(prog_name="relais-kit")
