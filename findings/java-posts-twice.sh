#!/usr/bin/env bash
# Java's HttpURLConnection sends a POST twice when the server closes the connection without an answer, and then reports one failure.
#
# Guess: one POST and an exception, as a POST must not be repeated unasked.
# Seen: the server gets the whole body twice, on two connections. Who counts or pays by request has done so twice. java.net.http.HttpClient sends it once.
# So does HttpURLConnection with setFixedLengthStreamingMode, or with -Dsun.net.http.retryPost=false.
. "$(dirname "$0")/lib.bash"
need java
echo "$(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.util.concurrent.atomic.AtomicInteger;

class Ask {
    static final String BODY = "12 losses";

    public static void main(String[] args) throws Exception {
        ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        AtomicInteger posts = new AtomicInteger();
        Thread thread = new Thread(() -> serve(server, posts));
        thread.setDaemon(true);
        thread.start();
        URI uri = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
        String seen = "an answer";
        try {
            if (args[0].equals("client")) {
                HttpRequest post = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(BODY)).build();
                HttpClient.newHttpClient().send(post, HttpResponse.BodyHandlers.ofString());
            } else {
                HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
                connection.setRequestMethod("POST");
                connection.setDoOutput(true);
                if (args[0].equals("streaming")) connection.setFixedLengthStreamingMode(BODY.length());
                connection.getOutputStream().write(BODY.getBytes());
                connection.getResponseCode();
            }
        } catch (IOException e) {
            seen = "an exception";
        }
        System.out.println(posts + " POST, " + seen);
    }

    // serve reads each request to the end of its body, and closes the connection.
    static void serve(ServerSocket server, AtomicInteger posts) {
        while (true) {
            try (Socket socket = server.accept()) {
                StringBuilder request = new StringBuilder();
                byte[] buffer = new byte[4096];
                int n;
                while (request.indexOf(BODY) < 0 && (n = socket.getInputStream().read(buffer)) > 0) request.append(new String(buffer, 0, n));
                if (request.indexOf(BODY) > 0) posts.incrementAndGet();
            } catch (IOException e) {
                return;
            }
        }
    }
}
JAVA
expect "HttpURLConnection" "$(java "$dir/Ask.java" connection)" "2 POST, an exception"
expect "HttpURLConnection, fixed length" "$(java "$dir/Ask.java" streaming)" "1 POST, an exception"
expect "HttpURLConnection, -Dsun.net.http.retryPost=false" "$(java -Dsun.net.http.retryPost=false "$dir/Ask.java" connection)" "1 POST, an exception"
expect "java.net.http.HttpClient" "$(java "$dir/Ask.java" client)" "1 POST, an exception"
verdict
