package android.telephony;

import java.util.ArrayList;

/** As much of Android's as a client asks for; keeps what it was given. */
public class SmsManager {
    public byte[] sent;

    public void sendDataMessage(String to, String centre, short port, byte[] data, Object sentIntent, Object delivered) {
        sent = data;
    }

    public void sendTextMessage(String to, String centre, String text, Object sentIntent, Object delivered) {
        if (to == null) {
            throw new IllegalArgumentException("Invalid destinationAddress");
        }
    }

    public void sendMultipartTextMessage(
            String to, String centre, ArrayList<String> parts, ArrayList<Object> sentIntents, ArrayList<Object> delivered) {
    }
}
