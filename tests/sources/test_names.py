from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Kind
from audit.sources import names


@pytest.mark.parametrize(
    ("stem", "kind", "letters", "user"),
    [
        ("getprop", Kind.GETPROP, "", None),
        ("adb_shell_getprop", Kind.GETPROP, "", None),
        ("getprop_gsm", Kind.GETPROP, "", None),
        ("packages", Kind.PACKAGES, "", None),
        ("packages_f", Kind.PACKAGES, "f", None),
        ("pm_list_packages_fiu", Kind.PACKAGES_KNOWN, "fiu", None),
        ("pm list packages -f -U", Kind.PACKAGES, "fU", None),
        ("pm_list_packages_U", Kind.PACKAGES, "U", None),
        ("pm-list-packages-d-user10", Kind.PACKAGES_DISABLED, "d", 10),
        ("pm_list_packages_3", Kind.PACKAGES, "3", None),
        ("packages_disabled", Kind.PACKAGES_DISABLED, "d", None),
        ("disabled_packages", Kind.PACKAGES_DISABLED, "d", None),
        ("cmd_package_list", Kind.PACKAGES, "", None),
        ("cmd_package", Kind.PACKAGES, "", None),
        ("cmd_package_list_packages_apex", Kind.APEX, "", None),
        ("apex_list", Kind.APEX, "", None),
        ("pm_users", Kind.USERS, "", None),
        ("pm_list_users", Kind.USERS, "", None),
        ("users", Kind.USERS, "", None),
        ("dumpsys_package", Kind.PACKAGE_DETAILS, "", None),
        ("dumpsys_package_com.acme", Kind.PACKAGE_DETAILS, "", None),
        ("overlay_list", Kind.OVERLAYS, "", None),
        ("cmd_overlay_list", Kind.OVERLAYS, "", None),
        ("cmd_overlay", Kind.OVERLAYS, "", None),
        ("settings_global", Kind.SETTINGS_GLOBAL, "", None),
        ("settings_list_secure", Kind.SETTINGS_SECURE, "", None),
        ("SETTINGS_SYSTEM", Kind.SETTINGS_SYSTEM, "", None),
        ("cat_build_prop", Kind.BUILD_PROP, "", None),
        ("netstat", Kind.SOCKETS, "", None),
        ("netstat-npWae", Kind.SOCKETS, "", None),
        ("ss_eionptu", Kind.SOCKET_DETAILS, "", None),
        ("ps_A", Kind.PROCESSES, "", None),
        ("dumpsys_netstats_detail", Kind.NETSTATS, "", None),
        ("dumpsys_connectivity", Kind.CONNECTIVITY, "", None),
        ("dumpsys_overlay", Kind.OVERLAYS_DUMP, "", None),
        ("dumpsys_activity_broadcasts", Kind.BROADCASTS, "", None),
        ("logcat_d", Kind.LOGCAT, "", None),
        ("all_files", Kind.LISTING, "", None),
    ],
)
def test_a_name_says_what_the_file_holds(stem: str, kind: Kind, letters: str, user: int | None) -> None:
    """People name outputs after commands, in several ways."""
    named = names.recognise(stem)
    assert named is not None
    assert (named.kind, named.letters, named.user) == (kind, frozenset(letters), user)


@pytest.mark.parametrize(
    "stem", ["psalm", "dumpsys_wifi", "proc_net_tcp", "settings_get_global_x", "README", ""]
)
def test_other_names_say_nothing(stem: str) -> None:
    """A file nobody can place is not guessed at."""
    assert names.recognise(stem) is None


@given(st.text(max_size=40))
def test_any_name_can_be_asked_about(stem: str) -> None:
    """File names come from strangers."""
    named = names.recognise(stem)
    assert named is None or isinstance(named.kind, Kind)


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        ("pm list packages -f -i -u", "pm_list_packages_fiu"),
        (
            "cmd package list packages -f -U -i --show-versioncode -u --user 10",
            "cmd_package_list_packages_fUiu_user10",
        ),
        ("dumpsys -t 60 package", "dumpsys_package"),
        ("cat /system/build.prop", "cat_system_build.prop"),
    ],
)
def test_a_command_has_the_name_of_its_output(command: str, slug: str) -> None:
    """So that commands.tsv finds the file of each command."""
    assert names.slug(command) == slug


@pytest.mark.parametrize(
    ("stem", "code"),
    [
        ("pm_list_packages_f", 134),
        ("cmd_package_list", 20),
        ("pm_users", 10),
        ("dumpsys_package", 0),
        ("cmd_overlay", None),
    ],
)
def test_exit_codes_find_their_files(stem: str, code: int | None) -> None:
    """By what the command is, else by how its name begins; two candidates are none."""
    listing = (
        "134\tpm list packages -f\n20\tcmd package list packages -f -U -i\n10 pm list users\n"
        "0\tdumpsys -t 20 package\nno code here\n1\tcmd overlay list\n2\tcmd overlay list\n"
    )
    named = names.recognise(stem)
    assert named is not None
    commands = tuple(names.exit_codes(listing))
    assert len(commands) == 6
    assert names.exit_code_of(stem, named, commands) == code
