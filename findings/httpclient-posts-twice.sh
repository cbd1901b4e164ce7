#!/usr/bin/env bash
# Apache HttpClient 5 sends a POST again after a 503 or 429, and OkHttp after a 408, or a 503 with "Retry-After: 0", both by default.
#
# Guess: neither sends a POST again unless told to, as it is not idempotent. Both have a switch that says so for broken connections, and Java's own HttpClient sends each POST once.
# Seen: HttpClient's rule for idempotent methods holds for broken connections only. A 503 or 429 is answered by a second request with the same body, whatever the method is, after one second
# or Retry-After. OkHttp sends it again at once, after a 408 even without Retry-After. The caller sees only the second answer, so what the service did at the first (a gateway's 503 after the message
# was handed on) happens twice. disableAutomaticRetries() and retryOnConnectionFailure(false) (for the 408 only) change that.
. "$(dirname "$0")/lib.bash"
need java
maven_packages org.apache.httpcomponents.client5:httpclient5:5.5 com.squareup.okhttp3:okhttp:4.12.0 org.slf4j:slf4j-nop:1.7.36
echo "Apache HttpClient 5.5, OkHttp 4.12.0, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.io.entity.StringEntity;

/** Posts a message to a service that takes each one, but answers the first with an error; prints how many it took, and the answer that the caller sees. */
class Ask {
    public static void main(String[] args) throws Exception {
        AtomicInteger taken = new AtomicInteger();
        HttpServer service = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        service.createContext("/", exchange -> {
            if (new String(exchange.getRequestBody().readAllBytes()).equals("message")) {
                taken.incrementAndGet();
            }
            if (args.length > 2) {
                exchange.getResponseHeaders().set("Retry-After", args[2]);
            }
            exchange.sendResponseHeaders(taken.get() == 1 ? Integer.parseInt(args[1]) : 200, -1);
            exchange.close();
        });
        service.start();
        String url = "http://127.0.0.1:" + service.getAddress().getPort() + "/";
        System.out.println(post(args[0], url) + ", taken " + taken);
        System.exit(0);
    }

    static int post(String client, String url) throws Exception {
        switch (client) {
            case "okhttp", "okhttp without retries":
                OkHttpClient okhttp = new OkHttpClient.Builder().retryOnConnectionFailure(client.equals("okhttp")).build();
                try (var answer = okhttp.newCall(new Request.Builder().url(url).post(RequestBody.create("message".getBytes())).build()).execute()) {
                    return answer.code();
                }
            case "apache", "apache without retries":
                HttpClientBuilder builder = HttpClientBuilder.create();
                if (!client.equals("apache")) {
                    builder.disableAutomaticRetries();
                }
                try (var apache = builder.build()) {
                    HttpPost request = new HttpPost(url);
                    request.setEntity(new StringEntity("message"));
                    return apache.execute(request, answer -> answer.getCode());
                }
            default:
                return java.net.http.HttpClient.newHttpClient().send(
                        HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString("message")).build(),
                        HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>/dev/null; }
expect "HttpClient 5, a POST, 503" "$(ask apache 503)" "200, taken 2"
expect "HttpClient 5, 429" "$(ask apache 429)" "200, taken 2"
expect "HttpClient 5, 500" "$(ask apache 500)" "500, taken 1"
expect "HttpClient 5 with disableAutomaticRetries(), 503" "$(ask "apache without retries" 503)" "503, taken 1"
expect "OkHttp, a POST, 408" "$(ask okhttp 408)" "200, taken 2"
expect "OkHttp, 503 with Retry-After: 0" "$(ask okhttp 503 0)" "200, taken 2"
expect "OkHttp, 503" "$(ask okhttp 503)" "503, taken 1"
expect "OkHttp with retryOnConnectionFailure(false), 408" "$(ask "okhttp without retries" 408)" "408, taken 1"
expect "OkHttp with retryOnConnectionFailure(false), 503 with Retry-After: 0" "$(ask "okhttp without retries" 503 0)" "200, taken 2"
expect "Java's HttpClient, 503" "$(ask java 503)" "503, taken 1"
expect "Java's HttpClient, 408" "$(ask java 408)" "408, taken 1"
verdict
