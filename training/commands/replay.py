"""`vitrine replay`: logged pages answered again, as they were and as another configuration or model would have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from recommender.configuration import Configuration
from recommender.errors import ConfigurationError, InputError
from training.commands.results import console, print_json, training_progress
from training.fitting import shop_configuration
from training.replaying.candidate import Candidate
from training.replaying.replay import Asked
from training.replaying.replay import replay as answer_again
from training.replaying.rewards import WORDS
from training.settings import Settings
from training.snapshots import served


def replay(
    shop: Annotated[str, typer.Option(help="The shop.")],
    config: Annotated[
        Path | None, typer.Option(help="A configuration as PUT /v1/config takes it; else as it was.")
    ] = None,
    artifact: Annotated[str | None, typer.Option(help="Version of another model; else as it was.")] = None,
    days: Annotated[int, typer.Option(help="How far to look back.", min=1, max=3650)] = 7,
    limit: Annotated[int, typer.Option(help="The most pages; of more so many are drawn.", min=1)] = 5_000,
    currency: Annotated[str | None, typer.Option(help="Of estimated revenue; else that of most orders.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines, with everything.")] = False,
) -> None:
    """Answer logged pages again by the very same engine, and say what differs.

    With nothing else, every page must come out byte by byte as it was shown, unless the catalogue, or what was kept of
    model and configuration, has changed since: that is counted. With --config or --artifact it tells what would have
    been shown instead, and estimates what that would have earned, where the log can tell.
    """
    settings = Settings()
    records = settings.records()
    try:
        records.shops.get(shop)
        folder = settings.shop_with_log(shop)
        candidate = Candidate(
            None if config is None else _configuration(config),
            None if artifact is None else served(folder, records, artifact),
        )
        asked = Asked(
            until=datetime.now(UTC),
            days=days,
            limit=limit,
            candidate=candidate,
            currency=currency,
            most_events_a_day=shop_configuration(records, shop).cleaning.max_events_a_day,
        )
        with training_progress("answering pages again") as progress:
            found = answer_again(folder, records, asked, progress)
    finally:
        records.close()
    if as_json:
        print_json(found)
    else:
        _show(found)


def _configuration(file: Path) -> Configuration:
    """The document in a file.

    Raises:
        InputError: it cannot be read.
        ConfigurationError: a value in it is not allowed.
    """
    try:
        document = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError("--config", str(file), f"name a file with JSON ({error})") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file} holds no JSON object")
    return Configuration.parse(document)


def _show(found: Mapping[str, Any]) -> None:
    out = console()
    if not found["logged"]:
        out.print(
            f"{found['shop']} has no pages that were logged whole since {found['since']:%Y-%m-%d}: see"
            " VITRINE_REPLAY_SHARE",
            highlight=False,
        )
        return
    same = found["same"]
    out.print(
        f"{found['shop']}, {found['since']:%Y-%m-%d} to {found['until']:%Y-%m-%d}: {found['logged']:,} pages were"
        f" logged whole, {found['sampled']:,} are looked at. {found['answered']:,} were answered again:"
        f" {same['bytes']:,} byte by byte as they were, {same['lists']:,} with the same lists, {same['other']:,} with"
        " others.",
        highlight=False,
    )
    for why, count in found["why"].items():
        out.print(f"  not byte by byte: {count:,}, because {why}", highlight=False)
    if found["of_another_format"]:
        out.print(f"  {found['of_another_format']:,} were written by another version of Vitrine", highlight=False)
    if "candidate" in found:
        _show_candidate(found["candidate"])
        _show_estimate(found["estimate"])


def _show_candidate(candidate: Mapping[str, Any]) -> None:
    out = console()
    out.print(
        f"The candidate, over the same catalogue: {_share(candidate['differ'], candidate['pages'])} of pages differ.",
        highlight=False,
    )
    table = Table(title="Showcases", title_justify="left")
    for heading in ("placement", "pages", "differ", "positions", "gained", "lost", "most gained", "most lost"):
        table.add_column(heading)
    for one in candidate["placements"]:
        table.add_row(
            one["placement"], f"{one['pages']:,}", _share(one["differ"], one["pages"]),
            _share(one["positions_differ"], one["positions"]), f"{one['items_gained']:,}", f"{one['items_lost']:,}",
            ", ".join(one["most_gained"]), ", ".join(one["most_lost"]),
        )  # fmt: skip
    out.print(table)
    if candidate["campaigns"]:
        out.print(_campaigns(candidate["campaigns"]))


def _campaigns(campaigns: list[Mapping[str, Any]]) -> Table:
    table = Table(title="Popups and banners that a page may open", title_justify="left")
    for heading in ("campaign", "might", "would", "newly", "no longer", "would not because"):
        table.add_column(heading)
    for one in campaigns:
        why = ", ".join(f"{reason} {count:,}" for reason, count in one["would_not_be_armed"].items())
        counts = (f"{one[name]:,}" for name in ("armed", "would_be_armed", "newly", "no_longer"))
        table.add_row(one["campaign"], *counts, why)
    return table


def _show_estimate(estimate: Mapping[str, Any]) -> None:
    out = console()
    for why, count in estimate["left_out"].items():
        out.print(f"Left out of the estimate: {count:,} pages, because {why}", highlight=False)
    out.print(estimate["evaluated"], highlight=False)
    table = Table(title="Estimated", title_justify="left")
    for heading in ("of each", "measure", "the log's", "candidate (SNIPS)", "95 % interval", "IPS", "DR", "effective"):
        table.add_column(heading)
    for name, one in {"page": estimate["pages"], **estimate["placements"]}.items():
        if one["refused"] is not None:
            about = f"{name} ({one['lines']:,} by {one['visitors']:,} visitors)"
            out.print(f"Nothing can be said of each {about}: {one['refused']}.", highlight=False)
            continue
        for measure, values in one["measures"].items():
            low, high = values["snips"]["interval"]
            unit = f", {estimate['currency']}" if measure == "revenue" and estimate["currency"] else ""
            table.add_row(
                name, f"{WORDS[measure]}{unit}", *(f"{values[way]['value']:.4g}" for way in ("logged", "snips")),
                f"{low:.4g} to {high:.4g}", *(f"{values[way]['value']:.4g}" for way in ("ips", "dr")),
                f"{one['effective_lines']:,.0f} of {one['lines']:,}",
            )  # fmt: skip
    if table.row_count:
        out.print(table)
    if estimate["pages"]["refused"] is not None:
        out.print(
            "One visitor is shown one list, but for experiments: put the candidate into one (experiments in PUT"
            " /v1/config), and ask again.",
            highlight=False,
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0 %"
