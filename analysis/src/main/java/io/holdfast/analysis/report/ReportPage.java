package io.holdfast.analysis.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one file of a report. Its content security policy forbids every request and every script but
 * the three inside, which it names by their SHA-256; what comes from the log stands in a block of
 * JSON without {@code <}, or is escaped.
 */
final class ReportPage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern PLACE = Pattern.compile("@([a-z]+)@");

  private ReportPage() {}

  /**
   * Writes the page.
   *
   * @param title what it is called
   * @param bins number of bins of the reliability diagrams
   * @param data what it shows
   * @return HTML in UTF-8
   */
  static byte[] of(String title, int bins, ReportData data) {
    String library = ChartLibrary.source();
    String charts = resource("charts.js");
    String script = resource("page.js");
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("policy", policy(library, charts, script));
    parts.put("title", escaped(title));
    parts.put("style", resource("page.css"));
    parts.put("bins", String.valueOf(bins));
    parts.put("selection", escaped(data.selection()));
    parts.put("echarts", ChartLibrary.version());
    parts.put("data", json(data));
    parts.put("library", library);
    parts.put("charts", charts);
    parts.put("script", script);
    Matcher places = PLACE.matcher(resource("page.html"));
    return places
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))))
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The data as JSON that may stand inside an HTML script element: without {@code <} and {@code &}.
   */
  static String json(ReportData data) {
    try {
      return JSON.writeValueAsString(data)
          .replace("&", "\\u0026")
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("\u2028", "\\u2028")
          .replace("\u2029", "\\u2029");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String policy(String... scripts) {
    StringBuilder policy = new StringBuilder("default-src 'none'; script-src");
    for (String script : scripts) {
      policy.append(" 'sha256-").append(sha256(script)).append("'");
    }
    return policy
        .append("; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'")
        .toString();
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** A text of this package's resources. */
  static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("No resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
