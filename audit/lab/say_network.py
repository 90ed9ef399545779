"""``dumpsys dnsresolver``, ``netstats`` and ``connectivity``: what the daemons tell of the unit's network.

Sources: AOSP packages/modules/DnsResolver DnsQueryLog.cpp (``maskHostname``, ``maskIps``) and
DnsResolverService.cpp, from Android 11 on; NetworkStatsCollection.java and NetworkStatsHistory.java ``dump``;
ConnectivityService.java ``dump``. Recorded phones of Android 8.1, 9 and 16 for their layout.
"""

from __future__ import annotations

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.life import uid_of
from audit.lab.say_sockets import LOCAL_IP, RECEIVED_BYTES, SENT_BYTES, counted
from audit.lab.schedule import Talk
from audit.lab.shell import Answer

_RESOLVER_SINCE, _QUERY_LOG_SINCE = 29, 30
_KEPT_S = 30 * 60.0
_NET_ID = 100
_BUCKET_S = 7200


def dnsresolver(caller: Caller, args: Args) -> Answer:
    """``dumpsys dnsresolver [querylog]``: names are masked, so that they corroborate and prove nothing."""
    if caller.unit.sdk < _RESOLVER_SINCE:
        return complained("Can't find service: dnsresolver\n", 0)
    if "querylog" not in args or caller.unit.sdk < _QUERY_LOG_SINCE:
        return said(
            f"NetId: {_NET_ID}\n  DNS servers: # IP (total, successes, errors, timeouts, internal errors, "
            "RTT avg, last sample)\n    192.168.1.1 (12, 12, 0, 0, 0, 15ms, 3s)\n"
            "  Concurrent DNS query timeout: 0\n\n"
        )
    now = caller.life.seconds()
    lines = [
        _query(caller, talk)
        for talk in caller.life.talks()
        if talk.spec.host and now - talk.began_s <= _KEPT_S
    ]
    return said("\nDNS query log (last 30 minutes):\n" + "".join(lines) + "\n")


def _query(caller: Caller, talk: Talk) -> str:
    when = caller.life.wall(talk.began_s)
    mark = talk.spec.ip.find(":" if ":" in talk.spec.ip else ".")
    masked = f"{talk.spec.ip[: mark + 1]}***"
    return (
        f"  time={when:%H:%M:%S}.{when.microsecond // 1000:03} netId={_NET_ID} "
        f"uid={uid_of(caller.unit, talk.spec.package)} pid={caller.life.pid_of(talk.spec.package) or 0} "
        f"hostname={talk.spec.host[:1]}*** answer=[{masked}] (23ms)\n"
    )


def netstats(caller: Caller, args: Args) -> Answer:
    """``dumpsys netstats [detail]``: bytes by user id stand in the detailed form alone."""
    ident = '[{type=WIFI, subType=COMBINED, networkId="lab", metered=false, defaultNetwork=true}]'
    head = "".join(
        f"Active {kind}:\n  iface=wlan0 ident={ident}\n" for kind in ("interfaces", "UID interfaces")
    )
    dev = f"Dev stats:\n  Pending bytes: 0\n  History since boot:\n  ident={ident} uid=-1 set=ALL tag=0x0\n"
    start = int(caller.life.wall(0).timestamp()) // _BUCKET_S * _BUCKET_S
    history = f"    NetworkStatsHistory: bucketDuration={_BUCKET_S}\n"
    dev += history + f"      st={start} rb=81234 rp=120 tb=20111 tp=118 op=0\n"
    if not {"detail", "--full", "full", "--uid"} & set(args):
        return said(head + dev)
    rows = ""
    for uid, count in counted(caller.life.talks(), lambda name: uid_of(caller.unit, name)).items():
        received, sent, packets = count * RECEIVED_BYTES, count * SENT_BYTES, 6 * count
        rows += f"  ident={ident} uid={uid} set=DEFAULT tag=0x0\n{history}"
        rows += f"      st={start} rb={received} rp={packets} tb={sent} tp={packets} op=0\n"
    return said(f"{head}{dev}UID stats:\n  Pending bytes: 0\n  Complete history:\n{rows}UID tag stats:\n")


def connectivity(caller: Caller, _args: Args) -> Answer:
    """``dumpsys connectivity``: the one network there is, and which processes asked for it."""
    capabilities = "NOT_METERED&INTERNET&NOT_RESTRICTED&TRUSTED&NOT_VPN&VALIDATED"
    link = (
        f"lp{{{{InterfaceName: wlan0 LinkAddresses: [{LOCAL_IP}/24,]  "
        "Routes: [0.0.0.0/0 -> 192.168.1.1 wlan0,] DnsAddresses: [192.168.1.1,] Domains: null MTU: 0}}"
    )
    agent = (
        f"  NetworkAgentInfo{{ ni{{[type: WIFI[], state: CONNECTED/CONNECTED]}}  network{{{_NET_ID}}} "
        f"{link}  nc{{[ Transports: WIFI Capabilities: {capabilities}]}} }}\n"
    )
    askers = [("system_server", 1000)]
    askers += [(talk.package, uid_of(caller.unit, talk.package)) for talk in caller.unit.talks]
    asked = "".join(
        f"  uid/pid:{uid}/{caller.life.pid_of(name) or 0} NetworkRequest [ TRACK_DEFAULT id={number}, "
        f"[ Capabilities: INTERNET&NOT_RESTRICTED&TRUSTED Unwanted:  Uid: {uid}] ]\n"
        for number, (name, uid) in enumerate(askers, start=7)
    )
    return said(
        "NetworkFactories for: WIFI WIFI_UT TelephonyNetworkFactory[0]\n\n"
        f"Active default network: {_NET_ID}\n\nCurrent Networks:\n{agent}\nNetwork Requests:\n{asked}\n"
    )
