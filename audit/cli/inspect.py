"""``adb-audit inspect``: what files of code hold, here or on a unit."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit inspect AutoRegistration.apk oat/arm64/AutoRegistration.vdex
  adb-audit inspect ./unpacked-firmware
  adb-audit inspect com.qualcomm.qti.autoregistration
  adb-audit inspect com.example.app --connect 192.168.1.20:5555 --format json
"""


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    JSON = "json"


def inspect(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|DIR|PACKAGE",
            show_default=False,
            help="APK, dex, vdex, odex, resources, XML; a folder of them; or a package of a connected unit.",
        ),
    ],
    *,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit", "-s", metavar="UNIT", help="The unit whose package it is, if several are connected."
        ),
    ] = None,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="How the answer is written.")] = Form.TABLE,
    output: options.Output = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A page for each file, and everything on it.")
    ] = False,
) -> int:
    """Show what a file of code holds, here or on a unit.

    Whose it is, who signed it, whom it calls: addresses, SMS numbers, names of system properties and SIM
    issuers, each with the place it was found at. Nothing is judged.
    """
    from audit.cli import inspecting

    asked = inspecting.Asked(
        targets=tuple(targets),
        unit=unit,
        transport=transport,
        addresses=tuple(connect or ()),
        wait_s=wait,
        output=output,
        as_json=form is Form.JSON,
        verbose=verbose,
    )
    return inspecting.run(asked)
