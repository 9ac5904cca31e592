"""`python -m huzhu` is the `huzhu` command."""

from huzhu.cli.main import app

app()
