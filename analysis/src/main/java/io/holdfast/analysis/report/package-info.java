/**
 * Reports of prediction logs to look at: one HTML file that needs nothing else, and charts as SVG.
 * {@link io.holdfast.analysis.report.ReportJob} is the way in; {@code docs/report.md} describes
 * them.
 */
package io.holdfast.analysis.report;
