/** Who asks Android for what names the unit, its SIM or its place, and what it is given. */

import { clip } from "../common/contract.js";
import { Call, printed, Told, Watch } from "./watch.js";

const METHODS: Record<string, string[]> = {
    "android.telephony.TelephonyManager": [
        "getDeviceId",
        "getImei",
        "getMeid",
        "getSubscriberId",
        "getSimSerialNumber",
        "getLine1Number",
        "getCellLocation",
        "getAllCellInfo",
    ],
    "android.telephony.SubscriptionInfo": ["getIccId"],
    "android.os.Build": ["getSerial"],
    "android.net.wifi.WifiInfo": ["getMacAddress"],
};

export function identifiers(): Watch[] {
    const watches: Watch[] = [];
    for (const [of, methods] of Object.entries(METHODS)) {
        for (const method of methods) {
            watches.push({ of, method, after: true, tell: (call) => told(`${of}.${method}`, call) });
        }
    }
    const secure = "android.provider.Settings$Secure";
    const tell = (call: Call) => (call.args[1] === "android_id" ? told(`${secure}.getString(android_id)`, call) : null);
    watches.push({ of: secure, method: "getString", after: true, tell });
    return watches;
}

function told(api: string, { result, threw }: Call): Told {
    const value = threw ? null : printed(result);
    return { event: { kind: "identifier", api, value: value === null ? null : clip(value) } };
}
