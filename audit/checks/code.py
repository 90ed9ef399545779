"""What a client's own code tells: the addresses it names, and whether this generation of it has a gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from audit.checks.addresses import host_of
from audit.endpoints.properties import is_template
from audit.model.code import Code, CodeFile, Found, FoundKind
from audit.model.facts import Facts
from audit.model.profiles import ClientCode, ClientProfile, Condition, Gate, Subject
from audit.model.record import record
from audit.model.report import Evidence

_ADDRESSES = {FoundKind.URL, FoundKind.HOST, FoundKind.IP, FoundKind.SMS}
_MOST_SHOWN = 200


@record
class ClientCodeRead:
    """A package's files of code.

    files: of all places the package was found in
    """

    files: tuple[CodeFile, ...]

    @property
    def whole(self) -> bool:
        """Whether there is code, all of it was read, and none lies where it cannot be looked through.

        A file with any trouble does not count as read whole: what was not read of it might be the gate.
        """
        codes = {file.code for file in self.files}
        return (
            Code.READ in codes
            and Code.UNREADABLE not in codes
            and not any(file.troubles or file.beyond for file in self.files)
        )

    @property
    def copies(self) -> int:
        """How many base APKs there are: of two generations, only one runs, and which is not known here."""
        return sum(1 for file in self.files if file.manifest is not None and not file.manifest.split)

    def beyond(self) -> tuple[str, ...]:
        """Kinds of code that take part and were not looked through."""
        return tuple(dict.fromkeys(kind for file in self.files for kind in file.beyond))

    def addresses(self) -> Iterator[tuple[CodeFile, Found]]:
        """The addresses in it, with the file each lies in."""
        return ((f, one) for f in self.files for one in f.found if one.kind in _ADDRESSES)

    def properties(self) -> frozenset[str]:
        """Names of system properties in it, and what such names are put together from."""
        return frozenset(one.value for f in self.files for one in f.found if one.kind is FoundKind.PROPERTY)


def code_of(package: str, facts: Facts) -> ClientCodeRead | None:
    """The active code files of *package*; None when none of its files was read."""
    files = tuple(file for file in facts.code if file.package == package and not file.variant)
    return ClientCodeRead(files=files) if files else None


def lies_in_code(file: CodeFile, found: Found) -> bool:
    """Whether *found* is a string of code, not of the resources beside it, which may speak of other code."""
    part = found.where.rpartition(" > ")[2]
    return part.endswith(".dex") or part.startswith("dex ") or (not part and file.code is not Code.NONE)


def names_an_endpoint(profile: ClientProfile, addresses: Iterable[Found]) -> bool:
    """Whether one of *addresses* is documented for the client: it is the part that calls."""
    documented = {host_of(endpoint.to) for endpoint in profile.endpoints}
    return any(host_of(found.value) in documented for found in addresses)


def gate_as_built(profile: ClientProfile, facts: Facts) -> Gate | None:
    """The client's gate as the generation on the unit has it; the documented one where its code says nothing.

    A property whose name is in the code is asked by it, and counts as the code's own default while nothing
    sets it. A gate is missing only where the code was read whole, is the part that calls, and names no
    documented gate: so an obfuscated or partly read client stays what it was, undecided. So does one that is
    there twice, perhaps in two generations.
    """
    gate, known = profile.armed_when, profile.code
    read = code_of(profile.package, facts)
    if gate is None or known is None or read is None or read.copies > 1:
        return gate
    if is_ungated(profile, read):
        return Gate(
            all=tuple(c for c in gate.all if c.subject is not Subject.PROPERTY),
            any=() if all(c.subject is Subject.PROPERTY for c in gate.any) else gate.any,
        )
    names = read.properties()
    return Gate(
        all=tuple(_asked(c, names, known) for c in gate.all),
        any=tuple(_asked(c, names, known) for c in gate.any),
    )


def is_ungated(profile: ClientProfile, read: ClientCodeRead) -> bool:
    """Whether this is a generation without the documented gates.

    The server has to be named in code: code that hides its strings may still have it in its resources.
    """
    known = profile.code
    if known is None or not read.whole or read.copies > 1:
        return False
    if not names_an_endpoint(profile, (one for file, one in read.addresses() if lies_in_code(file, one))):
        return False
    return not any(part in name or is_template(name) for name in read.properties() for part in known.gates)


def code_evidence(profile: ClientProfile, facts: Facts) -> tuple[Evidence, ...]:
    """What was read of the client's files: what its code calls, how it is gated, who signed it."""
    read = code_of(profile.package, facts)
    return () if read is None else tuple(_evidence(profile, read, facts))


def _evidence(profile: ClientProfile, read: ClientCodeRead, facts: Facts) -> Iterator[Evidence]:
    addresses = list(read.addresses())
    for file, found in addresses[:_MOST_SHOWN]:
        where = file.path + (f" > {found.where}" if found.where else "")
        at = f" at byte {found.offset}" if found.offset is not None else ""
        yield Evidence(what="address in its code", value=found.value, origin=where + at)
    if (more := len(addresses) - _MOST_SHOWN) > 0:
        yield Evidence(what="address in its code", value=f"and {more} more", origin="")
    if all(file.code is Code.NONE for file in read.files):
        yield Evidence(
            what="code", value="none of its code was found in what was read", origin=read.files[0].path
        )
    elif profile.code is not None and (why := _undecided(read)):
        yield Evidence(what="code", value=f"it decides nothing about gates: {why}", origin=read.files[0].path)
    elif (
        read.whole
        and profile.endpoints
        and not names_an_endpoint(profile, (one for _, one in read.addresses()))
    ):
        yield Evidence(
            what="code", value="it was read whole and names no documented address", origin=read.files[0].path
        )
    if profile.code is not None and is_ungated(profile, read):
        yield Evidence(
            what="gate", value="its code was read whole and names none of its documented gates", origin=""
        )
    yield from _signed(read, facts)


def _undecided(read: ClientCodeRead) -> str:
    """Why a gate that the code does not name may be there all the same; "" if nothing speaks for that."""
    if read.copies > 1:
        return f"the package is there {read.copies} times, and which copy runs is not known"
    troubled = next((file for file in read.files if file.troubles or file.code is Code.UNREADABLE), None)
    if troubled is not None:
        return f"{troubled.path} was not read whole"
    return f"{' and '.join(beyond)} may have a part in it" if (beyond := read.beyond()) else ""


def _signed(read: ClientCodeRead, facts: Facts) -> Iterator[Evidence]:
    platform = {s.sha256 for f in facts.code if f.package == "android" for s in f.signers}
    for file in read.files:
        for signer in file.signers:
            notes = [signer.well_known and f"the public {signer.well_known} key"]
            if signer.sha256 in platform and file.package != "android":
                notes.append("the key of the unit's own framework")
            said = ", ".join(note for note in notes if note)
            yield Evidence(
                what=f"signer (APK signature scheme {_scheme(signer.scheme)})",
                value=" ".join(
                    part for part in (signer.sha256, signer.subject, f"({said})" if said else "") if part
                ),
                origin=file.path,
            )


def _scheme(number: int) -> str:
    return "v3.1" if number == 31 else f"v{number}"


def _asked(condition: Condition, names: frozenset[str], known: ClientCode) -> Condition:
    if condition.subject is Subject.PROPERTY and condition.name in names and condition.default is None:
        return replace(condition, default=known.unset)
    return condition
