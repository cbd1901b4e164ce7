#!/usr/bin/env bash
# Jackson 2, Gson, org.json and fastjson2 read the number 3000000000 as the int -1294967296.
#
# Guess: getInt() and its like report a number that an int cannot hold, as Jackson, Gson and fastjson2 do for an int field of a class.
# Seen: a tree's getter cuts the number down to its lowest 32 bits, without an error: 3000000000 is -1294967296, and 5000000000 is 705032704. Jackson's asInt() reads the text "3000000000" as
# 0. The getters for a long are right up to 2^63 - 1, and cut beyond it. Jackson 3 reports an error.
. "$(dirname "$0")/lib.bash"
need java
maven_packages com.fasterxml.jackson.core:jackson-databind:2.19.0 tools.jackson.core:jackson-databind:3.0.0 com.google.code.gson:gson:2.13.1 \
    org.json:json:20250517 com.alibaba.fastjson2:fastjson2:2.0.57
echo "Jackson 2.19.0 and 3.0.0, Gson 2.13.1, org.json 20250517, fastjson2 2.0.57, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.util.concurrent.Callable;

class Ask {
    public static class Row {
        public int n;
    }

    public static void main(String[] args) {
        String json = "{\"n\":" + args[1] + "}";
        Callable<Object> ask = switch (args[0]) {
            case "jackson" -> () -> new com.fasterxml.jackson.databind.ObjectMapper().readTree(json).get("n").asInt();
            case "jackson long" -> () -> new com.fasterxml.jackson.databind.ObjectMapper().readTree(json).get("n").asLong();
            case "jackson class" -> () -> new com.fasterxml.jackson.databind.ObjectMapper().readValue(json, Row.class).n;
            case "jackson 3" -> () -> new tools.jackson.databind.json.JsonMapper().readTree(json).get("n").asInt();
            case "gson" -> () -> com.google.gson.JsonParser.parseString(json).getAsJsonObject().get("n").getAsInt();
            case "gson class" -> () -> new com.google.gson.Gson().fromJson(json, Row.class).n;
            case "org.json" -> () -> new org.json.JSONObject(json).getInt("n");
            case "fastjson2" -> () -> com.alibaba.fastjson2.JSON.parseObject(json).getIntValue("n");
            case "fastjson2 class" -> () -> com.alibaba.fastjson2.JSON.parseObject(json, Row.class).n;
            default -> throw new IllegalArgumentException(args[0]);
        };
        try {
            System.out.println(ask.call());
        } catch (Exception e) {
            System.out.println("an error");
        }
    }
}
JAVA
mkdir "$dir/classes"
javac -cp "$dir/jars/*" -d "$dir/classes" "$dir/Ask.java" 2>"$dir/javac.log" || { cat "$dir/javac.log"; exit 1; }
ask() { java -cp "$dir/classes:$dir/jars/*" Ask "$@" 2>&1; }
for library in jackson gson org.json fastjson2; do
    expect "$library, getter of an int: 3000000000" "$(ask "$library" 3000000000)" "-1294967296"
    expect "$library, getter of an int: 5000000000" "$(ask "$library" 5000000000)" "705032704"
done
for library in jackson gson fastjson2; do
    expect "$library, an int field of a class: 3000000000" "$(ask "$library class" 3000000000)" "an error"
done
expect "jackson, getter of a long: 3000000000" "$(ask "jackson long" 3000000000)" "3000000000"
expect "jackson, getter of an int: \"3000000000\" as a text" "$(ask jackson '"3000000000"')" "0"
expect "gson, the same" "$(ask gson '"3000000000"')" "an error"
expect "Jackson 3, getter of an int: 3000000000" "$(ask "jackson 3" 3000000000)" "an error"
verdict
