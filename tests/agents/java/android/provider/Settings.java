package android.provider;

/** As much of Android's as a client asks for. */
public class Settings {
    public static class Secure {
        public static String getString(Object resolver, String name) {
            return name.equals("android_id") ? "9774d56d682e549c" : "no identifier";
        }
    }
}
