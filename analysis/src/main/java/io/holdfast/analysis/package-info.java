/** Command line of the analysis jar. */
package io.holdfast.analysis;
