"""`ringround doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from ringround.cli_commands._runtime import database, json_option, show

MARKS = {"ok": "ok      ", "warning": "warning ", "fault": "FAULT   "}


@click.command(short_help="See whether all is well.")
@click.option("--audit", is_flag=True, help="Also walk the whole chain of the audit.")
@json_option
def command(audit: bool, as_json: bool) -> int:
    """Look at the database, keys, clock, mail and whatever else the product stands on; say what to do.

    The exit code is 1 when there is a fault, 0 when there are at most warnings.
    """
    with database() as settings:
        from ringround.config import wiring
        from ringround.infra import doctor

        checks = [*doctor.CHECKS, *wiring.doctor_checks(), *([doctor.audit_chain] if audit else [])]
        findings = [finding for check in checks for finding in check(settings)]
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.level]}{finding.check}: {finding.text}")
        if finding.advice:
            lines.append(f"        {finding.advice}")
    faults = sum(finding.level == "fault" for finding in findings)
    show(
        {"ok": not faults, "findings": [asdict(finding) for finding in findings]},
        as_json=as_json,
        text="\n".join(lines),
    )
    return 1 if faults else 0
