"""The `vitrine` command: finds each command by name and imports its module only when it is asked for."""

import os
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from recommender.errors import VitrineError
from recommender.loading import load

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "recommender.command:demo",
    "shops": "api.commands.shops:app",
    "import": "training.commands.imports:app",
    "log": "training.commands.log:app",
    "train": "training.commands.train:train",
    "evaluate": "training.commands.evaluate:evaluate",
    "tune": "training.commands.tune:tune",
    "models": "training.commands.models:app",
    "learn": "training.commands.learn:learn",
    "report": "training.commands.report:app",
    "replay": "training.commands.replay:replay",
    "segments": "training.commands.segments:app",
    "recommend": "training.commands.recommend:recommend",
    "coupons": "api.commands.coupons:app",
    "serve": "api.commands.serve:serve",
    "capacity": "api.commands.capacity:capacity",
    "backup": "api.commands.backup:backup",
    "restore": "api.commands.backup:restore",
    "compact": "api.commands.compact:compact",
    "erase": "api.commands.erase:erase",
}
"""Where each command lives, in the order in which a new user needs them."""


class LazyCommands(TyperGroup):
    """A group whose commands are imported on first use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's interface
        """Names of all commands, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the group's interface
        """The command called so, or None."""
        if cmd_name not in COMMANDS:
            return None
        found = load(COMMANDS[cmd_name])
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(cmd_name)(found)
            found = single
        command = get_command(found)
        command.name = cmd_name
        return command


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Prepare the demo shop (import, train, publish) and serve it at /demo/."""
    os.environ.setdefault("VITRINE_HOLDOUT", "0")  # one visitor in twenty would see a demo without showcases
    load("training.commands.demo:prepare")()
    typer.echo(f"The demo shop: http://{host}:{port}/demo/", err=True)
    sys.stderr.flush()
    # A new program in this process: what training loaded and allocated is gone. -P: the current folder is not code.
    serve = ["-P", "-m", "recommender.command", "serve", "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *serve])  # noqa: S606 - our own command, no shell


app = typer.Typer(cls=LazyCommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(metadata.version("vitrine"))
        raise typer.Exit


@app.callback()
def vitrine(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Smart showcases and retention popups for online shops."""


def main() -> None:
    """Run the command line; an error that a user can act on becomes one line and exit status 1."""
    try:
        app()
    except VitrineError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OSError as error:  # no permission, no space, no such folder: its text names the file
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
