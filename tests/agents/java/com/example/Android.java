package com.example;

import android.os.Build;
import android.provider.Settings;
import android.telephony.SmsManager;
import android.telephony.TelephonyManager;
import com.android.okhttp.internal.http.HttpEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Asks and sends what apps do on Android, and prints what it got. */
public class Android {
    public static void main(String[] words) throws Exception {
        System.out.println("ready");
        System.in.read();
        identifiers(new TelephonyManager());
        messages(new SmsManager());
        HttpEngine engine = new HttpEngine();
        engine.sendRequest();
        engine.sendRequest();
    }

    static void identifiers(TelephonyManager telephony) {
        System.out.println(telephony.getDeviceId() + " " + telephony.getImei(1) + " " + telephony.getMeid());
        try {
            telephony.getSubscriberId();
        } catch (SecurityException refused) {
            System.out.println(refused);
        }
        System.out.println(Settings.Secure.getString(null, "android_id") + " "
                + Settings.Secure.getString(null, "bluetooth_name") + " " + Build.getSerial());
        System.out.println(telephony.getAllCellInfo());
    }

    static void messages(SmsManager manager) {
        byte[] every = new byte[256];
        for (int at = 0; at < every.length; at++) {
            every[at] = (byte) at;
        }
        manager.sendDataMessage("10690329", null, (short) 50000, every, null, null);
        System.out.println(manager.sent == every && Arrays.hashCode(manager.sent) == Arrays.hashCode(every.clone()));
        manager.sendTextMessage("+4712345678", null, "Grüße 😀", null, null);
        manager.sendMultipartTextMessage("1", null, new ArrayList<>(List.of("one ", "two")), null, null);
        try {
            manager.sendTextMessage(null, null, "nobody", null, null);
        } catch (IllegalArgumentException refused) {
            System.out.println(refused.getMessage());
        }
    }
}
