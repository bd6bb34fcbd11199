"""`python -m cli`: the `relais` command."""

from cli.main import app

if __name__ == "__main__":
    app(prog_name="relais")
