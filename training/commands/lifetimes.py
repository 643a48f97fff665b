"""How `vitrine report clv` shows its results on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = {
    "bgnbd": "BG/NBD and Gamma-Gamma",
    "pareto_nbd": "Pareto/NBD (second opinion)",
    "cells": "similar customers",
    "gamma_gamma": "Gamma-Gamma",
}


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
            values = ", ".join(f"{key} {value:,.4f}" for key, value in found[name].items() if key != "repeaters")
            out.print(f"{NAMES[name]}: {values}", highlight=False)
    if found["holdout"] is None:
        out.print("Too little to foretell anything by.", highlight=False)
        return
    out.print(_table(found["models"]))
    out.print(f"Nearest to the total: {NAMES[found['best_total']]}", highlight=False)


def _table(models: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title="Held-out days", title_justify="left")
    for heading in ("model", "orders foretold", "orders made", "MAE", "RMSE", "in the interval: orders", "value"):
        table.add_column(heading)
    for name, one in models.items():
        covered = (f"{one[part]:.1%}" if part in one else "" for part in ("coverage", "value_coverage"))
        table.add_row(
            NAMES[name], f"{one['predicted']:,.0f}", f"{one['actual']:,.0f}", f"{one['mae']:.3f}", f"{one['rmse']:.3f}",
            *covered,
        )  # fmt: skip
    return table
