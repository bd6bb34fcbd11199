// A station's software in one file: signs in, seals a report, hands it in until it is taken, and proves its receipt.
//
//   mvn -q dependency:copy-dependencies -DoutputDirectory=target/lib
//   RELAIS_URL=… RELAIS_ISSUER=… RELAIS_CLIENT=gendarmerie RELAIS_SECRET=… java -cp 'target/lib/*' SendReport.java content.json

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.jwk.ECKey;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Set;
import java.util.UUID;

public final class SendReport {
    static final String URL = System.getenv("RELAIS_URL");
    static final String ISSUER = System.getenv("RELAIS_ISSUER");
    static final String CLIENT = System.getenv("RELAIS_CLIENT");
    static final String SECRET = System.getenv("RELAIS_SECRET");
    static final String STATION = System.getenv().getOrDefault("RELAIS_STATION", "GN-31-0412");
    static final int MOST_TRIES = 6;

    static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    static JsonObject keys;

    /** One report: handed in, sent again, corrected, withdrawn. */
    public static void main(String[] arguments) throws Exception {
        JsonElement content = JsonParser.parseString(Files.readString(Path.of(arguments[0])));
        keys = ask(HttpRequest.newBuilder(URI.create(URL + "/.well-known/jwks.json")).build());
        String id = UUID.randomUUID().toString();
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        tell("station.report-submitted.v1", report(id, 1, "urgent", now, content));
        tell("station.report-submitted.v1", report(id, 1, "urgent", now, content));
        tell("station.report-submitted.v1", report(id, 2, "immediate", now, content));
        JsonObject withdrawal = named(id, 3);
        withdrawal.addProperty("withdrawn_at", now);
        withdrawal.addProperty("reason", "sent-by-mistake");
        tell("station.report-withdrawn.v1", withdrawal);
    }

    static JsonObject named(String id, int revision) {
        JsonObject members = new JsonObject();
        members.addProperty("report_id", id);
        members.addProperty("revision", revision);
        members.addProperty("station", STATION);
        return members;
    }

    static JsonObject report(String id, int revision, String urgency, String now, JsonElement content) throws Exception {
        JsonObject report = named(id, revision);
        report.addProperty("taken_at", now);
        report.addProperty("urgency", urgency);
        report.addProperty("test", true);
        report.addProperty("sealed", seal(content));
        return report;
    }

    /** The content as one compact JWE. */
    static String seal(JsonElement content) throws Exception {
        ECKey key = ECKey.parse(key("enc", null).toString());
        JWEHeader header = new JWEHeader.Builder(JWEAlgorithm.ECDH_ES_A256KW, EncryptionMethod.A256GCM)
                .keyID(key.getKeyID())
                .build();
        JWEObject sealed = new JWEObject(header, new Payload(content.toString().getBytes(StandardCharsets.UTF_8)));
        sealed.encrypt(new ECDHEncrypter(key));
        return sealed.serialize();
    }

    static void tell(String type, JsonObject data) throws Exception {
        HttpResponse<String> answer = handIn(type, data.toString());
        JsonObject said = JsonParser.parseString(answer.body()).getAsJsonObject();
        if (!Set.of(200, 201, 202).contains(answer.statusCode())) {
            throw new IOException(answer.statusCode() + " " + said.get("title") + ": " + said.get("faults"));
        }
        check(said);
        System.out.println(answer.statusCode() + " " + said.get("outcome").getAsString());
    }

    /** Hand an event in. No answer, 503: the very same again. That is always safe. */
    static HttpResponse<String> handIn(String type, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + "/v1/reports"))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", "Bearer " + token())
                .header("content-type", "application/json")
                .header("ce-specversion", "1.0")
                .header("ce-id", UUID.randomUUID().toString())
                .header("ce-source", "/stations/" + CLIENT + "/" + STATION)
                .header("ce-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        for (int attempt = 0; attempt < MOST_TRIES; attempt++) {
            long pause = 1L << attempt;
            try {
                HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
                if (answer.statusCode() != 503) {
                    return answer;
                }
                pause = answer.headers().firstValueAsLong("retry-after").orElse(pause);
            } catch (IOException lost) {
                System.err.println("No answer (" + lost.getClass().getSimpleName() + "): the same again.");
            }
            Thread.sleep(pause * 1000);
        }
        throw new IOException("Relais does not answer: keep the report, and try again later.");
    }

    /** An access token: OAuth 2.0 client credentials. */
    static String token() throws Exception {
        URI discovery = URI.create(ISSUER + "/.well-known/openid-configuration");
        String endpoint = ask(HttpRequest.newBuilder(discovery).build()).get("token_endpoint").getAsString();
        String basic = Base64.getEncoder().encodeToString((CLIENT + ":" + SECRET).getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(URI.create(endpoint))
                .header("authorization", "Basic " + basic)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build();
        return ask(request).get("access_token").getAsString();
    }

    /** Prove a receipt: the signature of a published key, over what the receipt says. */
    static void check(JsonObject receipt) throws Exception {
        String[] parts = receipt.get("jws").getAsString().split("\\.");
        JsonObject header = JsonParser.parseString(text(parts[0])).getAsJsonObject();
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(publicKey(key("sig", header.get("kid").getAsString()).get("x").getAsString()));
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        JsonObject says = receipt.deepCopy();
        Set.of("record", "event_id", "jws").forEach(says::remove);
        boolean isEd25519 = "Ed25519".equals(header.get("alg").getAsString());
        boolean holds = isEd25519 && signature.verify(Base64.getUrlDecoder().decode(parts[2]));
        if (!holds || !says.equals(JsonParser.parseString(text(parts[1])))) {
            throw new IOException("The receipt is not what Relais has signed.");
        }
    }

    /** An Ed25519 key from its 32 bytes (RFC 8032, 5.1.2): the last bit is the sign of x, the others are y. */
    static PublicKey publicKey(String x) throws Exception {
        byte[] littleEndian = Base64.getUrlDecoder().decode(x);
        byte[] y = new byte[32];
        for (int n = 0; n < 32; n++) {
            y[n] = littleEndian[31 - n];
        }
        boolean isOdd = (y[0] & 0x80) != 0;
        y[0] &= 0x7f;
        EdECPoint point = new EdECPoint(isOdd, new BigInteger(1, y));
        return KeyFactory.getInstance("Ed25519").generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
    }

    static JsonObject key(String use, String kid) throws IOException {
        for (JsonElement each : keys.getAsJsonArray("keys")) {
            JsonObject key = each.getAsJsonObject();
            boolean isNamed = kid == null || kid.equals(key.get("kid").getAsString());
            if (use.equals(key.get("use").getAsString()) && isNamed) {
                return key;
            }
        }
        throw new IOException("No published key for use " + use + ".");
    }

    static String text(String base64url) {
        return new String(Base64.getUrlDecoder().decode(base64url), StandardCharsets.UTF_8);
    }

    static JsonObject ask(HttpRequest request) throws Exception {
        HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(request.uri() + ": " + answer.statusCode());
        }
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }
}
