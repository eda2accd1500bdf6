"""`huishang`: the commands, one group per file."""

import click


@click.group()
def main() -> None:
    """Huishang (会商): disputes and public-service complaints, counted per county."""
