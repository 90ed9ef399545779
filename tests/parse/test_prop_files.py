from __future__ import annotations

import pytest

from audit.model.facts import Property
from audit.parse.build_prop import parse_build_prop
from audit.parse.prop_files import Merged, PropFile, derived, merge, unit_path


def _merged(sdk: int | None, **texts: str) -> Merged:
    """Merge files given as ``vendor__build_prop="…"``."""
    files = []
    for key, text in texts.items():
        origin = key.replace("__", "/").replace("_prop", ".prop")
        files.append(PropFile(origin=origin, path=unit_path(origin), statements=parse_build_prop(text).value))
    return merge(tuple(files), sdk)


def _value(merged: Merged, name: str) -> str:
    return merged.properties[name].value


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("system/system/build.prop", "/system/build.prop"),
        ("tree/system/system/vendor/build.prop", "/vendor/build.prop"),
        ("tree/system/system/product/build.prop", "/product/build.prop"),
        ("tree/system/system_ext/etc/build.prop", "/system_ext/etc/build.prop"),
        ("vendor/odm/etc/build.prop", "/odm/etc/build.prop"),
        ("tree/system/default.prop", "/default.prop"),
        ("tree/boot/ramdisk/default.prop", "/default.prop"),
        ("tree/system/etc/prop.default", "/system/etc/prop.default"),
        ("/vendor/build.prop", "/vendor/build.prop"),
        ("/my_product/build.prop", "/my_product/build.prop"),
        ("dump/my_product/build.prop", "/my_product/build.prop"),
        ("/vendor/etc/package/system/build.prop", "/vendor/etc/package/system/build.prop"),
        ("cat /system/build.prop", "/system/build.prop"),
        ("cat_build_prop.txt", "/system/build.prop"),
        ("vendor.prop", "/vendor/build.prop"),
        ("system_ext-build.prop", "/system_ext/build.prop"),
        ("build.prop", "/system/build.prop"),
        ("vendor_default.prop", "/vendor/default.prop"),
        ("default.prop", "/default.prop"),
        ("dump\\vendor\\build.prop", "/vendor/build.prop"),
        ("vendor/package/ChinaTelecom/system/vendor/vendor.prop",) * 2,
        ("notes.txt", "/notes.txt"),
    ],
)
def test_where_a_file_lies_on_the_unit(origin: str, path: str) -> None:
    """The folders a dump was unpacked into do not matter, a folder inside a partition does."""
    assert unit_path(origin).strip("/") == path.strip("/")


def test_the_last_file_wins_from_android_10_on() -> None:
    """A more specific partition overrides the system, ``ro.`` names too."""
    merged = _merged(29, vendor__build_prop="ro.a=v\nro.a=v2", system__build_prop="ro.a=s\nb=s")
    found = merged.properties["ro.a"]
    assert (found.value, found.origin) == ("v2", "vendor/build.prop")
    assert found.shadowed == (("vendor/build.prop", "v"), ("system/build.prop", "s"))


def test_the_first_setting_of_a_read_only_name_stays_before_android_10() -> None:
    """``ro.`` names are set once; other names take the last value."""
    text = "ro.a=1\nro.a=2\nb=1\nb=2"
    merged = _merged(28, vendor__build_prop="ro.a=v\nb=v", system__build_prop=text)
    assert (_value(merged, "ro.a"), _value(merged, "b")) == ("1", "v")
    assert merged.properties["ro.a"].shadowed == (("system/build.prop", "2"), ("vendor/build.prop", "v"))


@pytest.mark.parametrize(("sdk", "value"), [(28, "product"), (29, "product"), (None, "product")])
def test_product_comes_first_before_10_and_last_after(sdk: int | None, value: str) -> None:
    """Both ways, product has the word on ``ro.`` names: once as first, once as last."""
    merged = _merged(sdk, product__build_prop="ro.a=product", system__build_prop="ro.a=system")
    assert _value(merged, "ro.a") == value


def test_product_loses_to_system_on_other_names_before_10() -> None:
    """Product is loaded first there, and a name that may be set again is."""
    texts = {"product__build_prop": "a=product", "system__build_prop": "a=system"}
    assert _value(_merged(28, **texts), "a") == "system"
    assert _value(_merged(29, **texts), "a") == "product"


def test_an_optional_assignment_loses_to_any_other() -> None:
    """``?=`` counts only where nothing else sets the name."""
    merged = _merged(None, system__build_prop="a?=1\nb?=1\nb?=2", vendor__build_prop="a=2")
    assert (_value(merged, "a"), _value(merged, "b")) == ("2", "1")
    assert merged.properties["a"].shadowed == (("system/build.prop", "1"),)


def test_an_imported_file_is_read_where_it_is_imported() -> None:
    """Before Android 10 an import at the top of the file has the word on ``ro.`` names."""
    merged = _merged(
        28,
        system__build_prop="import /oem/oem.prop ro.name\nro.name=retail\nro.carrier=none",
        oem__oem_prop="ro.name=carrier\nro.carrier=acme",
    )
    assert (_value(merged, "ro.name"), _value(merged, "ro.carrier")) == ("carrier", "none")
    assert merged.not_loaded == ()


def test_files_that_import_each_other_come_to_an_end() -> None:
    """A loop of imports is left where it closes."""
    merged = _merged(
        30, system__build_prop="import /oem/a.prop\na=1", oem__a_prop="import /system/build.prop\nb=2"
    )
    assert (_value(merged, "a"), _value(merged, "b")) == ("1", "2")
    assert merged.properties["b"].shadowed == ()


def test_imports_that_multiply_come_to_an_end() -> None:
    """Files that import the next one many times cannot grow without end."""
    texts = {f"oem__f{n}_prop": f"import /oem/f{n + 1}.prop\n" * 30 for n in range(6)}
    merged = _merged(30, system__build_prop="import /oem/f0.prop\na=1", oem__f6_prop="b=2", **texts)
    assert _value(merged, "b") == "2"


def test_a_carriers_folder_of_alternatives_is_not_loaded() -> None:
    """A ChinaTelecom folder on an Indian build says nothing about the unit."""
    merged = _merged(
        28,
        system__build_prop="ro.product.locale=en-IN",
        vendor__package__ChinaTelecom__system__vendor__vendor_prop="ro.product.locale=zh-CN\nro.b=1",
    )
    assert _value(merged, "ro.product.locale") == "en-IN"
    assert "ro.b" not in merged.properties
    assert [file.origin for file in merged.not_loaded] == [
        "vendor/package/ChinaTelecom/system/vendor/vendor.prop"
    ]


def test_a_file_of_an_unknown_name_counts_when_there_is_no_other() -> None:
    """Who hands over one file wants it read."""
    assert _value(_merged(None, notes_prop="a=1"), "a") == "1"
    assert _merged(None).properties == {}


def _stated(**values: str) -> dict[str, Property]:
    names = {key.replace("__", "."): value for key, value in values.items()}
    return {name: Property(name=name, value=value, origin="f") for name, value in names.items()}


def test_a_product_name_is_derived_in_the_stated_order() -> None:
    """``ro.product.property_source_order`` decides; the others are kept as shadowed."""
    found = derived(
        _stated(
            ro__product__property_source_order="odm,vendor,product,system",
            ro__product__vendor__model="V",
            ro__product__product__model="P",
        )
    )
    assert found["ro.product.model"].value == "V"
    assert found["ro.product.model"].origin == "f (ro.product.vendor.model)"
    assert found["ro.product.model"].shadowed == (("f (ro.product.product.model)", "P"),)


@pytest.mark.parametrize("order", ["", "vendor,nonsense", "vendor, product"])
def test_an_order_that_makes_no_sense_is_the_default(order: str) -> None:
    """Product goes first then, as in init."""
    found = derived(
        _stated(
            ro__product__property_source_order=order,
            ro__product__vendor__model="V",
            ro__product__product__model="P",
        )
    )
    assert found["ro.product.model"].value == "P"


def test_a_stated_name_is_never_derived() -> None:
    """Only an absent or empty one is."""
    assert "ro.product.model" not in derived(
        _stated(ro__product__model="M", ro__product__vendor__model="V", ro__product__vendor__cpu="x")
    )
    assert (
        derived(_stated(ro__product__model="", ro__product__odm__model="O"))["ro.product.model"].value == "O"
    )
