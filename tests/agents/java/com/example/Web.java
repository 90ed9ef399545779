package com.example;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URL;
import okhttp3.FormBody;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;

/** Requests by HttpURLConnection and OkHttp. Words: URL. */
public class Web {
    public static void main(String[] words) throws Exception {
        System.out.println("ready");
        System.in.read();
        byURL(words[0] + "url");
        OkHttpClient client = new OkHttpClient();
        byOkHttp(client, words[0] + "form", new FormBody.Builder().add("imei", "356938035643809").build());
        byOkHttp(client, words[0] + "own", new Own());
        try {
            new Socket("127.0.0.1", 1);
        } catch (IOException refused) {
            System.out.println(refused.getClass().getName());
        }
        System.exit(0);
    }

    static void byURL(String url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
            out.write("imsi=460030123456789".getBytes());
        }
        System.out.println(connection.getResponseCode());
    }

    static void byOkHttp(OkHttpClient client, String url, RequestBody body) throws IOException {
        Request request = new Request.Builder().url(url).header("X-Client", "test").post(body).build();
        System.out.println(client.newCall(request).execute().code());
    }

    /** A body that counts how often it is written. */
    static class Own extends RequestBody {
        int written;

        @Override
        public MediaType contentType() {
            return null;
        }

        @Override
        public long contentLength() {
            return 5;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            written += 1;
            sink.writeUtf8("own " + written);
        }
    }
}
