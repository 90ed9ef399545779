package com.android.okhttp.internal.http;

/** As much of the engine under Android's HttpURLConnection as is looked at. */
public class HttpEngine {
    private Object cacheStrategy;

    public static class Request {
        public String method() {
            return "PUT";
        }

        public String urlString() {
            return "https://engine.example/path";
        }

        public Object headers() {
            return "Host: engine.example\n";
        }
    }

    public Request getRequest() {
        return new Request();
    }

    public void sendRequest() {
        if (cacheStrategy == null) {
            cacheStrategy = "decided";
        }
    }
}
