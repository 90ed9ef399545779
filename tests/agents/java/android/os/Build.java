package android.os;

/** As much of Android's as a client asks for. */
public class Build {
    public static String getSerial() {
        return "PL2GAR9831102345";
    }
}
