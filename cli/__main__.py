"""`python -m cli`: the same as `huishang`."""

from cli.main import main

main(prog_name="huishang")
