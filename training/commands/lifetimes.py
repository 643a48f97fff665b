"""How customers and their lifetimes are shown on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from training.measuring.lifetimes import FORECASTERS

NAMES = FORECASTERS | {"bgnbd": "BG/NBD", "gamma_gamma": "Gamma-Gamma"}
"""Of the models by themselves."""


def show_lifetimes(out: Console, shop: str, found: Mapping[str, Any]) -> None:
    """Print parameters, and each model beside what customers did."""
    if "end" not in found:
        out.print(f"{shop}: {found['reason']}", highlight=False)
        return
    out.print(
        f"{shop}: {found['customers']:,} customers up to {found['calibration_end']}, held to what they did up to"
        f" {found['end']}; values are {found['money']} in {found['currency'] or 'an unnamed currency'}",
        highlight=False,
    )
    for words in (*found["reasons"], *found["notes"]):
        out.print(f"Note: {words}", highlight=False)
    for name in ("bgnbd", "gamma_gamma", "pareto_nbd"):
        if found.get(name):
            values = ", ".join(f"{key} {value:,.4f}" for key, value in found[name].items())
            out.print(f"{NAMES[name]}: {values}", highlight=False)
    if found["holdout"] is None:
        out.print("Too little to foretell anything by.", highlight=False)
        return
    out.print(_table(found["models"]))
    out.print(f"Nearest to the total: {FORECASTERS[found['best_total']]}", highlight=False)


def _table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="Held-out days", title_justify="left")
    for heading in ("model", "orders foretold", "orders made", "MAE", "RMSE", "in the interval: orders", "value"):
        table.add_column(heading)
    for name, one in models.items():
        totals = (f"{one[part]:,.0f}" for part in ("predicted", "actual"))
        errors = (f"{one[part]:.3f}" for part in ("mae", "rmse"))
        covered = (f"{one[part]:.1%}" if part in one else "" for part in ("coverage", "value_coverage"))
        table.add_row(FORECASTERS[name], *totals, *errors, *covered)
    return table


def show_places(out: Console, shop: str, found: Mapping[str, Any]) -> None:
    """Print the groups of customers, and who moved from which to which; more is told by `vitrine report clv`."""
    if not found["groups"]:
        out.print(f"Customers: {found['customers']:,}, too few to make groups of", highlight=False)
        return
    moved = found["movement"]
    table = Table(
        title=f"Customers by group; from which they came since {moved['since']:%Y-%m-%d}", title_justify="left"
    )
    names = ["new", *(one["group"] for one in found["groups"])]
    for heading in ("group", "customers", "orders", "spend", *(f"from {name.replace('_', ' ')}" for name in names)):
        table.add_column(heading)
    for one in found["groups"]:
        came = (moved["moved"].get(name, {}).get(one["group"], 0) for name in names)
        counts = (f"{one['customers']:,}", f"{one['orders']:,}", f"{one['spend']:,.2f}")
        table.add_row(one["group"].replace("_", " "), *counts, *(f"{count:,}" if count else "" for count in came))
    out.print(table)
    out.print(f"Lifetimes: vitrine report clv --shop {shop}", highlight=False)
