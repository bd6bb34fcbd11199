// Follows receipts as Kafka delivers them: some come again, and older ones come again after newer ones.
//
//   mvn -q dependency:copy-dependencies -DoutputDirectory=target/lib
//   java -cp 'target/lib/*' FollowReceipts.java jwks.json < receipts.jsonl
//
// Each line is one record: `headers` and `value`, both as they stand on Kafka.

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

public final class FollowReceipts {
    // What a station's software keeps. In yours both are tables, written in one transaction.
    static final Map<String, Long> LAST = new HashMap<>();
    static final Map<String, JsonObject> HELD = new TreeMap<>();

    /** Take every receipt, and print how each report stands. */
    public static void main(String[] arguments) throws Exception {
        JsonObject keys = parsed(Files.readString(Path.of(arguments[0])));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonObject record = parsed(line);
            JsonObject receipt = parsed(record.get("value").getAsString());
            check(receipt, keys);
            take(record.getAsJsonObject("headers"), receipt);
        }
        HELD.forEach((subject, receipt) -> {
            String revision = receipt.has("revision") ? receipt.get("revision").getAsString() : "";
            System.out.println(String.join(",", subject, receipt.get("standing").getAsString(), revision));
        });
    }

    /** Take one receipt, whose signature holds. Commit your offset after it. */
    static void take(JsonObject headers, JsonObject receipt) {
        String subject = headers.get("ce_subject").getAsString();
        long sequence = Long.parseLong(headers.get("ce_sequence").getAsString());
        if (sequence <= LAST.getOrDefault(subject, 0L)) {
            return; // it comes again
        }
        LAST.put(subject, sequence);
        if (!"rejected".equals(receipt.get("outcome").getAsString()) || !HELD.containsKey(subject)) {
            HELD.put(subject, receipt); // a rejection answers its own record: what was taken before stands
        }
    }

    /** Prove a receipt: the signature of a published key, over what the receipt says. */
    static void check(JsonObject receipt, JsonObject keys) throws Exception {
        String[] parts = receipt.get("jws").getAsString().split("\\.");
        JsonObject header = parsed(text(parts[0]));
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(publicKey(key(keys, header.get("kid").getAsString()).get("x").getAsString()));
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        JsonObject says = receipt.deepCopy();
        Set.of("record", "event_id", "jws").forEach(says::remove);
        boolean isEd25519 = "Ed25519".equals(header.get("alg").getAsString());
        boolean holds = isEd25519 && signature.verify(Base64.getUrlDecoder().decode(parts[2]));
        if (!holds || !says.equals(parsed(text(parts[1])))) {
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

    static JsonObject key(JsonObject keys, String kid) throws IOException {
        for (JsonElement each : keys.getAsJsonArray("keys")) {
            JsonObject key = each.getAsJsonObject();
            if ("sig".equals(key.get("use").getAsString()) && kid.equals(key.get("kid").getAsString())) {
                return key;
            }
        }
        throw new IOException("No published key signs receipts under this kid.");
    }

    static String text(String base64url) {
        return new String(Base64.getUrlDecoder().decode(base64url), StandardCharsets.UTF_8);
    }

    static JsonObject parsed(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }
}
