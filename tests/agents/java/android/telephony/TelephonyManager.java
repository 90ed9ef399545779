package android.telephony;

import java.util.List;

/** As much of Android's as a client asks for. */
public class TelephonyManager {
    public String getDeviceId() {
        return getDeviceId(0);
    }

    public String getDeviceId(int slot) {
        return getImei(slot);
    }

    public String getImei() {
        return getImei(0);
    }

    public String getImei(int slot) {
        return "35693803564380" + (slot == 0 ? "9" : "X");
    }

    public String getMeid() {
        return null;
    }

    public String getSubscriberId() {
        throw new SecurityException("getSubscriberId: not for you");
    }

    public String getSimSerialNumber() {
        return "89860318760123456789";
    }

    public List<String> getAllCellInfo() {
        return List.of("CellInfoLte:{mMcc=460 mMnc=03 mCi=1234567}");
    }
}
