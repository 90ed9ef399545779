package com.qualcomm.qti.autoregistration;

import android.telephony.TelephonyManager;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.http.HttpResponse;
import org.apache.http.client.HttpClient;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.client.DefaultHttpClient;

/** Registers a unit as the client of 2019 did: JSON in base64 of 76 columns, in cleartext. Words: URL. */
public class RegistrationTask {
    public static void main(String[] words) throws Exception {
        System.out.println("ready");
        System.in.read();
        System.out.println(new RegistrationTask().register(words[0]));
    }

    int register(String url) throws Exception {
        TelephonyManager telephony = new TelephonyManager();
        String json = "{\"REGVER\":\"8.0\",\"MODEL\":\"TA-1046\",\"IMEI1\":\"" + telephony.getImei()
                + "\",\"SIM1ICCID\":\"" + telephony.getSimSerialNumber() + "\"}";
        byte[] body = Base64.getMimeEncoder().encode(json.getBytes(StandardCharsets.UTF_8));
        HttpPost post = new HttpPost(url);
        post.setHeader("Content-Type", "application/encrypted-json");
        post.setEntity(new ByteArrayEntity(body));
        HttpClient client = new DefaultHttpClient();
        HttpResponse response = client.execute(post);
        return response.getStatusLine().getStatusCode();
    }
}
