package io.holdfast.analysis.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** Charts as SVG, drawn without a browser. */
class ChartRendererTest {

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  @Test
  void everyChartIsAnSvgOfItsOwn() throws Exception {
    try (ChartRenderer renderer = new ChartRenderer(ExampleReport.full(4, 5, 3, "class "))) {
      assertThat(renderer.curves()).containsExactly("accuracy", "loss", "fe", "rfe", "ece");
      assertThat(renderer.details())
          .containsExactly(
              "data_map",
              "projection",
              "confusion",
              "similarity:lda_logits",
              "similarity:soft_outputs",
              "similarity:features",
              "reliability",
              "margins",
              "energies");
      for (String key : renderer.curves()) {
        Document svg = parsed(renderer.svg(key, 0));
        assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(svg.getElementsByTagName("path").getLength()).as(key).isGreaterThan(4);
        assertThat(svg.getDocumentElement().getTextContent()).contains("epoch");
      }
      for (String key : renderer.details()) {
        Document svg = parsed(renderer.svg(key, 1));
        int shapes =
            svg.getElementsByTagName("path").getLength()
                + svg.getElementsByTagName("rect").getLength();
        assertThat(shapes).as(key).isGreaterThan(6);
      }
    }
  }

  @Test
  void theLegendNamesEveryRun() throws Exception {
    ReportData data = ExampleReport.full(26, 2, 2, "");
    try (ChartRenderer renderer = new ChartRenderer(data)) {
      String text = parsed(renderer.svg("fe", 0)).getDocumentElement().getTextContent();
      for (ReportData.Run run : data.runs()) {
        assertThat(text).contains(run.runId());
      }
    }
  }

  @Test
  void theConfusionShowsItsCounts() throws Exception {
    ReportData data = ExampleReport.full(1, 3, 2, "");
    double[][] last = data.series().get(0).confusion().values().get(2);
    try (ChartRenderer renderer = new ChartRenderer(data)) {
      String text = parsed(renderer.svg("confusion", 0)).getDocumentElement().getTextContent();
      assertThat(text.replaceAll("\\s+", " "))
          .contains(String.valueOf((long) last[0][1]))
          .contains(String.valueOf((long) last[1][0]));
    }
  }

  @Test
  void hostileClassNamesAreText() throws Exception {
    try (ChartRenderer renderer =
        new ChartRenderer(ExampleReport.full(1, 1, 2, "<script>alert(1)</script>&"))) {
      Document svg = parsed(renderer.svg("projection", 0));
      assertThat(svg.getElementsByTagName("script").getLength()).isZero();
      assertThat(svg.getDocumentElement().getTextContent()).contains("<script>alert(1)</script>&0");
    }
  }

  @Test
  void whatTheLogLacksIsNotDrawn() {
    try (ChartRenderer renderer = new ChartRenderer(ExampleReport.bare())) {
      assertThat(renderer.svg("accuracy", 0)).isNotNull();
      assertThat(renderer.svg("loss", 0)).isNull();
      assertThat(renderer.details()).allMatch(key -> renderer.svg(key, 0) == null);
    }
  }

  @Test
  void aChartIsTheSameEachTime() {
    ReportData data = ExampleReport.full(54, 2, 12, "a class of a long name ");
    try (ChartRenderer one = new ChartRenderer(data)) {
      String first = one.svg("accuracy", 0);
      assertThat(first).isNotNull();
      try (ChartRenderer other = new ChartRenderer(data)) {
        assertThat(other.svg("accuracy", 0)).isEqualTo(first);
      }
    }
  }
}
