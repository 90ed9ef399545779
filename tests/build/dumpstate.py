"""Writes the text of a bug report as dumpstate of Android 7 to 16 does, small enough to read.

Shapes after AOSP frameworks/native cmds/dumpstate and cmds/dumpsys; every value is made up.
"""

# ruff: noqa: E501  # what a unit prints is as wide as it is
from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SDK = {7: 25, 8: 27, 9: 28, 10: 29, 11: 30, 12: 31, 13: 33, 14: 34, 15: 35, 16: 36}
RULE = "-" * 79
APEX = """
Package warning messages:
01/02/24 03:04: a message

APEX session state:

Active APEX packages:

  com.acme.tzdata
    Version: 351400020
    Path: /data/apex/active/com.acme.tzdata@351400020.apex
    IsActive: true
    IsFactory: false
    ApplicationInfo:
      packageName=com.acme.tzdata
      enabled=true minSdkVersion=33 versionCode=351400020
  com.acme.adbd
    Version: 34
    Path: /system/apex/com.acme.adbd.apex
    IsActive: true
    IsFactory: true
    ApplicationInfo:

Inactive APEX packages:

  com.acme.tzdata
    Version: 1
    Path: /system/apex/com.acme.tzdata.apex

Factory APEX packages:

  com.acme.adbd
    Version: 34
"""
PROPERTIES = {
    "ro.product.model": "Acme One",
    "ro.product.brand": "acme",
    "ro.product.manufacturer": "Acme",
    "ro.build.fingerprint": "acme/one/one:9/ONE.1/1:user/release-keys",
    "ro.build.tags": "release-keys",
    "ro.build.type": "user",
    "ro.serialno": "ACME0001",
    "ro.odd": "first\nsecond]",
}
PHONE = "com.android.phone"
CLIENT = "com.acme.activate"
"""Shares the user id of `PHONE`."""
BROWSER = "com.acme.browser"


@dataclass(frozen=True)
class Pkg:
    """A package of the report."""

    name: str
    uid: int
    shared: str | None = None
    path: str = "/system/app/X"


PACKAGES = (
    Pkg("android", 1000, "android.uid.system", "/system/framework/framework-res.apk"),
    Pkg(PHONE, 1001, "android.uid.phone", "/system/priv-app/TeleService"),
    Pkg(CLIENT, 1001, "android.uid.phone", "/system/app/Activate"),
    Pkg(BROWSER, 10020, None, "/data/app/browser"),
)


@dataclass
class Report:
    """A report to write. sections, services: bodies that replace or add to the usual ones; None leaves one out."""

    release: int = 9
    properties: Mapping[str, str] = field(default_factory=lambda: dict(PROPERTIES))
    packages: Sequence[Pkg] = PACKAGES
    sections: Mapping[str, str | None] = field(default_factory=dict)
    services: Mapping[str, str | None] = field(default_factory=dict)
    done: bool = True

    def text(self) -> bytes:
        """The whole text."""
        return "".join(
            (self._head(), *self._sections(), *self._dumpsys(), self._app_sections(), self._end())
        ).encode()

    @property
    def stated(self) -> dict[str, str]:
        """The properties with the version."""
        return {
            **self.properties,
            "ro.build.version.sdk": str(SDK[self.release]),
            "ro.build.version.release": str(self.release),
        }

    def getprop(self) -> str:
        """The body of SYSTEM PROPERTIES."""
        return "".join(f"[{name}]: [{value}]\n" for name, value in self.stated.items())

    def package_dump(self) -> str:
        """The body of the service package."""
        blocks = (
            f"  Package [{p.name}] (abc123):\n"
            f"    {'appId' if self.release >= 13 else 'userId'}={p.uid}\n"
            + (f"    sharedUser=SharedUserSetting{{1a2b {p.shared}/{p.uid}}}\n" if p.shared else "")
            + f"    codePath={p.path}\n    versionCode=7 minSdk=24 targetSdk=28\n    versionName=1.7\n"
            f"    flags=[ {'SYSTEM ' if not p.path.startswith('/data') else ''}HAS_CODE ]\n"
            "    User 0: ceDataInode=1 installed=true hidden=false suspended=false stopped=false enabled=0\n"
            for p in self.packages
        )
        head = "Database versions:\n  Internal:\n    sdkVersion=28\n\nPackages:\n"
        return head + "".join(blocks) + (APEX if self.release >= 10 else "")

    def _head(self) -> str:
        line = "=" * 56
        return (
            f"{line}\n== dumpstate: 2024-02-03 04:05:06\n{line}\n\n"
            f"Build: ACME.1\nBuild fingerprint: 'acme'\nCommand line: ro root=/dev/dm-0\n"
            f"Bugreport format version: {'1.0' if self.release < 9 else '2.0'}\n\n"
        )

    def _sections(self) -> list[str]:
        command = "" if self.release < 8 else " (getprop)"
        wide = "W" if self.release >= 8 else ""
        usual: dict[str, tuple[str, str]] = {
            "DETAILED SOCKET STATE": (" (ss -eionptu)", SS),
            "UPTIME": (" (uptime)", " 04:05 up 1 day\n"),
            "PROCESSES AND THREADS": (" (ps)", PS_TOOLBOX if self.release < 8 else PS_TOYBOX),
            "NETSTAT": (f" (netstat -n{wide})", NETSTAT),
            "SYSTEM LOG": (" (logcat)", SYSTEM_LOG),
            "EVENT LOG": (" (logcat -b events)", EVENT_LOG),
            "SYSTEM PROPERTIES": (command, self.getprop()),
        }
        return [_section(name, how, self.sections.get(name, body)) for name, (how, body) in usual.items()] + [
            _section(name, "", body) for name, body in self.sections.items() if name not in usual
        ]

    def _dumpsys(self) -> list[str]:
        usual = {
            "activity": ACTIVITY,
            "connectivity": CONNECTIVITY,
            "netstats": NETSTATS,
            "package": self.package_dump(),
            "settings": SETTINGS,
            "user": USER if self.release < 12 else USER_NEW,
        }
        if self.release >= 8:
            usual["overlay"] = OVERLAY if self.release < 10 else OVERLAY_NEW
        bodies = {**usual, **self.services}
        found = [self._service(name, body, "") for name, body in sorted(bodies.items()) if body is not None]
        first = self._service("cpuinfo", "Load: 1 / 1 / 1\n", "CRITICAL ") if self.release >= 9 else ""
        rounds = _section("DUMPSYS CRITICAL", " (/system/bin/dumpsys)", first) if first else ""
        if first:
            rounds += "------ 0.009s was the duration of 'DUMPSYS CRITICAL PROTO' ------\n"
        return [rounds, _section("DUMPSYS", " (/system/bin/dumpsys)", "".join(found))]

    def _service(self, name: str, body: str, priority: str) -> str:
        ending = ", ending at: 2024-02-03 04:05:07" if self.release >= 8 else ""
        return (
            f"{RULE}\nDUMP OF SERVICE {priority}{name}:\n{body}"
            f"--------- 0.042s was the duration of dumpsys {name}{ending}\n"
        )

    @staticmethod
    def _app_sections() -> str:
        return _section("APP SERVICES", " (dumpsys activity service all)", "SERVICE com.acme/.S\n")

    def _end(self) -> str:
        if not self.done:
            return ""
        line = "=" * 56
        number = " (id 1)" if self.release >= 8 else ""
        return (
            f"{line}\n== dumpstate: done{number}\n{line}\n"
            "------ 9.042s was the duration of 'DUMPSTATE' ------\n"
        )


def _section(title: str, how: str, body: str | None) -> str:
    if body is None:
        return ""
    return f"------ {title}{how} ------\n{body}------ 0.042s was the duration of '{title}' ------\n"


def archive(text: bytes, *, main_entry: bool = True, files: Mapping[str, bytes] | None = None) -> bytes:
    """The ZIP that ``adb bugreport`` writes around *text*."""
    name = "bugreport-one-ONE.1-2024-02-03-04-05-06.txt"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("version.txt", "2.0")
        zipped.writestr(name, text)
        for path, content in (files or {}).items():
            zipped.writestr(path, content)
        if main_entry:
            zipped.writestr("main_entry.txt", name)
    return data.getvalue()


SS = """\
Netid  State      Recv-Q Send-Q Local Address:Port  Peer Address:Port
udp    UNCONN     0      0      *:5353              *:*                 users:(("mdnsd",pid=400,fd=7)) uid:1020 ino:11 sk:1 <->
tcp    ESTAB      0      0      192.0.2.9:40000     198.51.100.1:443    users:(("acme.browser",pid=2000,fd=9)) uid:10020 ino:12 sk:2 <->
\t ts sack cubic wscale:8,7 rto:204 rtt:1.5/1
tcp    SYN-SENT   0      1      192.0.2.9:40001     203.0.113.5:80      users:(("m.android.phone",pid=1500,fd=5)) uid:1001 ino:13 sk:3 <->
"""
NETSTAT = """\
Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address                                       Foreign Address                                     State
tcp        0      0 192.0.2.9:40000                                     198.51.100.1:443                                    ESTABLISHED
tcp        0      1 192.0.2.9:40001                                     203.0.113.5:80                                      SYN_SENT
tcp6       0      0 ::1:40002                                           ::1:8080                                            ESTABLISHED
Active UNIX domain sockets (w/o servers)
Proto RefCnt Flags       Type       State           I-Node Path
unix  2      [ ]         DGRAM                       31178
"""
PS_TOOLBOX = """\
LABEL                          USER      PID   PPID  VSIZE  RSS  PRIO  NICE  RTPRI SCHED  PCY WCHAN              PC  NAME
u:r:init:s0                    root      1     0     28668  2204  20    0     0     0     un  SyS_epoll_ 0000000000 S /init
u:r:radio:s0                   radio     1500  989   177532 3386  20    0     0     0     un  SyS_epoll_ 0000000000 S com.android.phone
u:r:untrusted_app:s0           u0_a20    2000  989   177532 3386  20    0     0     0     un  SyS_epoll_ 0000000000 S com.acme.browser
u:r:untrusted_app:s0           u0_a20    2001  2000  177532 3386  20    0     0     0     un  SyS_epoll_ 0000000000 S Thread-8
"""
PS_TOYBOX = """\
LABEL                          USER           PID   TID  PPID     VSZ    RSS WCHAN            ADDR S PRI  NI RTPRIO SCH PCY     TIME CMD
u:r:init:s0                    root             1     1     0   32240   3796 0                   0 S  19   0      -   0  fg 00:00:11 init
u:r:radio:s0                   radio         1500  1500   989   32240   3796 0                   0 S  19   0      -   0  fg 00:00:11 m.android.phone
u:r:radio:s0                   radio         1500  1501   989   32240   3796 0                   0 S  19   0      -   0  fg 00:00:11 Binder:1500_1
u:r:untrusted_app:s0           u0_a20        2000  2000   989   32240   3796 0                   0 S  19   0      -   0  fg 00:00:11 om.acme.browser
"""
SYSTEM_LOG = """\
--------- beginning of main
02-03 04:00:01.000  1000  1297  1310 I ActivityManager: Start proc 2000:com.acme.browser/u0a20 for activity com.acme.browser/.Main
02-03 04:00:02.000 10020  2000  2044 D Net     : GET http://start.example/hello?imei=490154203237518
02-03 04:00:03.000 10020  2000  2044 D Net     : nothing of note
02-03 04:00:04.000  1001  1500  1544 D Reg     : sending to 203.0.113.5:80
"""
EVENT_LOG = """\
--------- beginning of events
02-03 04:00:01.000  1000  1297  1310 I am_proc_start: [0,2000,10020,com.acme.browser,activity,com.acme.browser/.Main]
02-03 03:59:01.000  1000  1297  1310 I am_proc_start: [0,1500,1001,com.android.phone,broadcast,com.acme.activate/.Boot]
02-03 04:00:05.000  1000  1297  1310 I am_pss  : [2000,10020,com.acme.browser,1,2,3]
"""
ACTIVITY = """\
ACTIVITY MANAGER PENDING INTENTS (dumpsys activity intents)
  (nothing)

ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)
  Registered Receivers:
  * ReceiverList{1 1297 system/1000/u0 local:2}

  Historical broadcasts [background]:
  Historical Broadcast background #0:
    BroadcastRecord{438e395 u0 android.intent.action.BOOT_COMPLETED} to user 0
    Intent { act=android.intent.action.BOOT_COMPLETED flg=0x9000010 (has extras) }
      extras: Bundle[{}]
    caller=android null pid=-1 uid=1000
    enqueueClockTime=2024-02-03 03:59:00 dispatchClockTime=2024-02-03 03:59:01
    dispatchTime=-1m34s156ms (0 since enq) finishTime=-1m34s153ms (+3ms since disp)
    Deliver +5ms #0: (manifest)
      priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false
      ActivityInfo:
        name=com.acme.activate.Boot
        packageName=com.acme.activate
        processName=com.android.phone
    Skipped 0 #1: (manifest)
      ActivityInfo:
        packageName=com.acme.browser
    Deliver #2: BroadcastFilter{3 u0 ReceiverList{4 2000 com.acme.browser/10020/u0 remote:5}}

ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)
  All known processes:
  *APP* UID 10020 ProcessRecord{6 2000:com.acme.browser/u0a20}
    user #0 uid=10020 gids={3003}
    packageList={com.acme.browser}
  *PERS* UID 1001 ProcessRecord{7 1500:com.android.phone/1001}
    packageList={com.android.phone, com.acme.activate}
"""
CONNECTIVITY = """\
NetworkFactories for: WIFI

Network Requests:
  uid/pid:10020/2000 NetworkRequest [ LISTEN id=239, [ Capabilities: INTERNET] ]
"""
NETSTATS = """\
Active interfaces:
  iface=wlan0 ident=[{type=WIFI}]
Xt stats:
  History since boot:
  ident=[{type=WIFI}] uid=-1 set=ALL tag=0x0
    NetworkStatsHistory: bucketDuration=3600
      st=1522440000 rb=343 rp=2 tb=255 tp=1 op=0
UID stats:
  Pending bytes: 1
  Complete history:
  ident=[{type=WIFI}] uid=10020 set=DEFAULT tag=0x0
    NetworkStatsHistory: bucketDuration=7200
      st=1522440000 rb=100 rp=2 tb=10 tp=1 op=0
      st=1522447200 rb=11 rp=2 tb=1 tp=1 op=0
  ident=[{type=WIFI}] uid=1001 set=DEFAULT tag=0x0
    NetworkStatsHistory: bucketDuration=7200
      st=1522440000 rb=5 rp=2 tb=6 tp=1 op=0
UID tag stats:
  Pending bytes: 1
  ident=[{type=WIFI}] uid=10020 set=DEFAULT tag=0x1
    NetworkStatsHistory: bucketDuration=7200
      st=1522440000 rb=100 rp=2 tb=10 tp=1 op=0
"""
SETTINGS = """\
GLOBAL SETTINGS (user 0)
version: 170
_id:1 name:adb_enabled pkg:android value:1 default:1 defaultSystemSet:true
SECURE SETTINGS (user 0)
version: 170
_id:2 name:device_provisioned pkg:android value:1

SYSTEM SETTINGS (user 0)
version: 170
_id:3 name:volume pkg:android value:5

"""
USER = """\
Users:
  UserInfo{0:Owner:13} serialNo=0
    State: RUNNING_UNLOCKED
    Restrictions:
      none

  Device owner id:-10000
  Max users: 4
"""
USER_NEW = """\
Current user: 0
Users:
  UserInfo{0:null:4c13} serialNo=0 isPrimary=true
    Type: android.os.usertype.full.SYSTEM
    Flags: 19475 (ADMIN|FULL|INITIALIZED|MAIN|PRIMARY|SYSTEM)
    State: RUNNING_UNLOCKED
  UserInfo{10:Work:1030} serialNo=10 isPrimary=false
    State: -1

User types (1 types):
    android.os.usertype.full.SYSTEM:
"""
OVERLAY = """\
Settings
  com.acme.theme:0 {
    mPackageName.......: com.acme.theme
    mUserId............: 0
    mTargetPackageName.: android
    mBaseCodePath......: /vendor/overlay/Acme.apk
    mState.............: STATE_ENABLED
    mIsEnabled.........: true
    mIsStatic..........: false
  }
Default overlays: com.acme.theme
PackageInfo cache
    17 package(s)
"""
OVERLAY_NEW = """\
com.acme.theme:night:0 {
  mPackageName...........: com.acme.theme
  mOverlayName...........: night
  mUserId................: 0
  mTargetPackageName.....: android
  mTargetOverlayableName.: null
  mBaseCodePath..........: /product/overlay/Acme.apk
  mState.................: STATE_ENABLED
  mIsEnabled.............: true
  mIsMutable.............: true
  mPriority..............: 1
  mCategory..............: null
  mIsFabricated..........: false
}
com.acme.lost:10 {
  mPackageName...........: com.acme.lost
  mOverlayName...........: null
  mUserId................: 10
  mTargetPackageName.....: com.acme.gone
  mState.................: STATE_MISSING_TARGET
}
Default overlays: com.acme.theme
"""
