package io.holdfast.analysis.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The page as text; {@link ReportBrowserTest} looks at it as a browser does. */
class ReportPageTest {

  @Test
  void aNarrowImageBecomesSmallerAlongItsLength() throws Exception {
    byte[] pixels = new byte[200];
    pixels[0] = 40;
    for (int[] shape : new int[][] {{1, 200}, {200, 1}}) {
      byte[] png = Base64.getDecoder().decode(Thumbnail.png(pixels, 1, shape[0], shape[1]));
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
      assertThat(image.getHeight() + image.getWidth()).isEqualTo(51);
      assertThat(image.getRaster().getSample(0, 0, 0)).isEqualTo(10);
    }
  }

  private static final Pattern SCRIPT =
      Pattern.compile("<script( [^>]*)?>(.*?)</script>", Pattern.DOTALL);

  private static final Pattern STYLE = Pattern.compile("<style>(.*?)</style>", Pattern.DOTALL);

  private static String page(String title, ReportData data) {
    return new String(ReportPage.of(title, 15, data), StandardCharsets.UTF_8);
  }

  /** The page without the content of its scripts and styles, which XML would read otherwise. */
  private static Document markup(String page) throws Exception {
    String bare = SCRIPT.matcher(page).replaceAll("<script$1></script>");
    bare = STYLE.matcher(bare).replaceAll("<style></style>").replace("<!DOCTYPE html>", "");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(bare)));
  }

  private static List<String> scripts(String page, boolean data) {
    List<String> found = new ArrayList<>();
    for (MatchResult script : SCRIPT.matcher(page).results().toList()) {
      if ((script.group(1) != null) == data) {
        found.add(script.group(2));
      }
    }
    return found;
  }

  @Test
  void thePageIsWellFormed() throws Exception {
    Document markup = markup(page("A report", ExampleReport.full(2, 3, 4, "class ")));
    assertThat(markup.getElementsByTagName("figure").getLength()).isEqualTo(12);
    NodeList all = markup.getElementsByTagName("*");
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      if (element.hasAttribute("id")) {
        ids.add(element.getAttribute("id"));
      }
      if (element.hasAttribute("aria-labelledby")) {
        assertThat(page("", ExampleReport.bare()))
            .contains("id=\"" + element.getAttribute("aria-labelledby") + "\"");
      }
    }
    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void hostileTextStaysText() throws Exception {
    String page = page(ExampleReport.HOSTILE, ExampleReport.full(1, 1, 2, ExampleReport.HOSTILE));
    assertThat(page).doesNotContain("alert(1)</script>").doesNotContain("<img src=x");
    assertThat(scripts(page, false)).hasSize(3);
    Document markup = markup(page);
    assertThat(markup.getElementsByTagName("h1").item(0).getTextContent())
        .isEqualTo(ExampleReport.HOSTILE);
    JsonNode data = new ObjectMapper().readTree(scripts(page, true).get(0));
    assertThat(data.path("class_names").path(1).asText()).isEqualTo(ExampleReport.HOSTILE + 1);
  }

  @Test
  void theDataSurviveTheWayIntoThePage() throws Exception {
    ReportData data = ExampleReport.full(3, 4, 3, "k");
    JsonNode read = new ObjectMapper().readTree(scripts(page("t", data), true).get(0));
    assertThat(read)
        .isEqualTo(new ObjectMapper().readTree(new ObjectMapper().writeValueAsString(data)));
    assertThat(read.path("series").path(1).path("data_map").path("forgetting_events")).hasSize(40);
  }

  @Test
  void thePolicyNamesExactlyTheScriptsAndAllowsNoRequest() throws Exception {
    String page = page("t", ExampleReport.bare());
    Element policy = (Element) markup(page).getElementsByTagName("meta").item(1);
    StringBuilder hashes = new StringBuilder();
    for (String script : scripts(page, false)) {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
      hashes.append(" 'sha256-").append(Base64.getEncoder().encodeToString(digest)).append("'");
    }
    assertThat(policy.getAttribute("http-equiv")).isEqualTo("Content-Security-Policy");
    assertThat(policy.getAttribute("content"))
        .isEqualTo(
            "default-src 'none'; script-src"
                + hashes
                + "; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'");
  }

  @Test
  void nothingPointsOutOfThePage() throws Exception {
    String page = page("t", ExampleReport.full(1, 2, 2, "k"));
    Document markup = markup(page);
    NodeList all = markup.getElementsByTagName("*");
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      assertThat(element.hasAttribute("src")).as(element.getTagName()).isFalse();
      assertThat(element.getAttribute("href")).matches("|#.*");
    }
    assertThat(STYLE.matcher(page).results().map(style -> style.group(1)).toList().toString())
        .doesNotContain("url(")
        .doesNotContain("@import");
    // What remains is names of XML namespaces and licences in the chart library.
    assertThat(
            Pattern.compile("https?://[\\w./-]+")
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .distinct())
        .allMatch(url -> url.contains("w3.org") || url.contains("LICENSE"));
  }

  @Test
  void theChartLibraryKeepsItsLicence() {
    assertThat(page("t", ExampleReport.bare()))
        .contains("Licensed to the Apache Software Foundation (ASF)")
        .contains("Apache ECharts " + ChartLibrary.version());
    assertThat(ChartLibrary.version()).matches("\\d+\\.\\d+\\.\\d+");
  }
}
