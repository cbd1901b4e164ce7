#!/usr/bin/env bash
# MyBatis leaves out a parameter that is 0 if its <if> asks n != '', and a code that is compared with '0'.
#
# Guess: the number 0 is not the empty text, so it is set; a text "0" equals '0'.
# Seen: the expressions are OGNL's. A number is compared with a text by its value, where '' is 0: <if test="n != null and n != ''"> sets 5 but not 0, so a count that was corrected to 0 keeps its old
# value, without an error. A single character in single quotes is a character, and equals its number: code == '0' is false for "0" and true for "48". With two or more characters '0410' is a text.
. "$(dirname "$0")/lib.bash"
need java
maven_packages org.mybatis:mybatis:3.5.19
echo "MyBatis 3.5.19, $(java -version 2>&1 | head -1)"

cat >"$dir/Ask.java" <<'JAVA'
import java.io.StringReader;
import java.util.HashMap;
import java.util.Map;
import org.apache.ibatis.builder.xml.XMLMapperBuilder;
import org.apache.ibatis.session.Configuration;

class Ask {
    static final String MAPPER = "<?xml version='1.0'?>"
        + "<!DOCTYPE mapper PUBLIC '-//mybatis.org//DTD Mapper 3.0//EN' 'http://mybatis.org/dtd/mybatis-3-mapper.dtd'>"
        + "<mapper namespace='loss'>"
        + "<update id='correct'>UPDATE loss SET day = day<if test=\"value != null and value != ''\">, n = #{value}</if></update>"
        + "<select id='zero' resultType='map'>SELECT n FROM loss<if test=\"value == '0'\"> WHERE code = #{value}</if></select>"
        + "<select id='long' resultType='map'>SELECT n FROM loss<if test=\"value == '0410'\"> WHERE code = #{value}</if></select>"
        + "</mapper>";

    public static void main(String[] args) {
        Configuration configuration = new Configuration();
        new XMLMapperBuilder(new StringReader(MAPPER), configuration, "loss.xml", configuration.getSqlFragments()).parse();
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("value", args[1].equals("number") ? (Object) Long.valueOf(args[2]) : args[2]);
        System.out.println(configuration.getMappedStatement(args[0]).getBoundSql(parameters).getSql().replaceAll(" +", " "));
    }
}
JAVA
ask() { java -cp "$dir/jars/*" "$dir/Ask.java" "$@" 2>/dev/null; }
expect "n != null and n != '', n is 5" "$(ask correct number 5)" "UPDATE loss SET day = day , n = ?"
expect "n is 0" "$(ask correct number 0)" "UPDATE loss SET day = day"
expect "code == '0', code is \"0\"" "$(ask zero text 0)" "SELECT n FROM loss"
expect "code is \"48\"" "$(ask zero text 48)" "SELECT n FROM loss WHERE code = ?"
expect "code == '0410', code is \"0410\"" "$(ask long text 0410)" "SELECT n FROM loss WHERE code = ?"
verdict
